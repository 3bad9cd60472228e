import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import {
  danglingEntry,
  filteredEntry,
  resolvedEntry,
  tagMapOf,
  unreadableEntry,
} from '../../test/builders/arbitrary-tag-map.ts';
import { digestOf } from '../oci/digest.ts';
import { parseTag } from '../oci/reference.ts';
import { diffTagMaps, type TagDifference } from './diff-tag-maps.ts';
import { planRepository, type RepositoryPlan } from './repository-plan.ts';

const tag = parseTag('v1');
const primaryDigest = digestOf(Buffer.from('primary'));
const secondaryDigest = digestOf(Buffer.from('secondary'));
const expectedDigest = digestOf(Buffer.from('filtered'));
const nothing: RepositoryPlan = { copies: [], orphans: [], failures: [], inSync: 0 };

describe('the plan for a tag', () => {
  it.each<[TagDifference, Partial<RepositoryPlan>]>([
    [{ kind: 'in-sync', tag, primaryDigest, secondaryDigest: primaryDigest }, { inSync: 1 }],
    [
      { kind: 'missing', tag, primaryDigest, secondaryDigest: null },
      { copies: [{ kind: 'copy-tag', tag, primaryDigest, secondaryDigest: null }] },
    ],
    [
      { kind: 'missing', tag, primaryDigest, secondaryDigest: null, expectedDigest },
      { copies: [{ kind: 'copy-tag', tag, primaryDigest, secondaryDigest: null, expectedDigest }] },
    ],
    [
      { kind: 'moved', tag, primaryDigest, secondaryDigest },
      { copies: [{ kind: 'move-tag', tag, primaryDigest, secondaryDigest }] },
    ],
    [
      { kind: 'moved', tag, primaryDigest, secondaryDigest, expectedDigest },
      { copies: [{ kind: 'move-tag', tag, primaryDigest, secondaryDigest, expectedDigest }] },
    ],
    [
      { kind: 'orphan', tag, primaryDigest: null, secondaryDigest },
      { orphans: [{ kind: 'delete-orphan-tag', tag, primaryDigest: null, secondaryDigest }] },
    ],
    [
      { kind: 'orphan', tag, primaryDigest: null, secondaryDigest: null },
      { orphans: [{ kind: 'delete-orphan-tag', tag, primaryDigest: null, secondaryDigest: null }] },
    ],
  ])('that is %j is %j', (difference, expected) => {
    expect(planRepository([difference])).toStrictEqual({ ...nothing, ...expected });
  });

  it.each([
    ['primary', null, null, 'copy-tag'],
    ['primary', null, secondaryDigest, 'copy-tag'],
    ['secondary', primaryDigest, null, 'copy-tag'],
    ['secondary', null, null, 'delete-orphan-tag'],
  ] as const)('that the %s could not read (%s, %s) is a failed %s', (side, onPrimary, onSecondary, kind) => {
    const digests = { primaryDigest: onPrimary, secondaryDigest: onSecondary };
    const plan = planRepository([
      { kind: 'unreadable', tag, side, code: 'SERVER_ERROR', message: 'broken', ...digests },
    ]);
    const failure = { kind, tag, ...digests, outcome: 'failed', reason: 'SERVER_ERROR', message: 'broken' };
    expect(plan).toStrictEqual({ ...nothing, failures: [failure] });
  });
});

describe('the plan for a repository', () => {
  const anything = tagMapOf(resolvedEntry, filteredEntry, danglingEntry, unreadableEntry);

  it('has a place for every difference, and one only', () => {
    fc.assert(
      fc.property(anything, anything, (primary, secondary) => {
        const differences = diffTagMaps(primary, secondary);
        const plan = planRepository(differences);
        const planned = [...plan.copies, ...plan.orphans, ...plan.failures].map((step) => step.tag);
        const expected = differences
          .filter(({ kind }) => kind !== 'in-sync')
          .map((difference) => difference.tag);
        expect(planned.toSorted()).toEqual(expected.toSorted());
        expect(plan.inSync).toBe(differences.length - expected.length);
      }),
    );
  });

  it('deletes no tag that the primary lists', () => {
    fc.assert(
      fc.property(anything, anything, (primary, secondary) => {
        const { orphans } = planRepository(diffTagMaps(primary, secondary));
        expect(orphans.filter((step) => primary.has(step.tag))).toEqual([]);
      }),
    );
  });

  it('keeps the order in which the tags were listed', () => {
    const names = ['b', 'c', 'a'].map(parseTag);
    const differences = names.map(
      (name) => ({ kind: 'missing', tag: name, primaryDigest, secondaryDigest: null }) as const,
    );
    expect(planRepository(differences).copies.map((step) => step.tag)).toEqual(names);
  });
});
