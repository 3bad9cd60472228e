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
import { parseTag, type Tag } from '../oci/reference.ts';
import type { TagEntry, TagMap } from '../oci/tag-map.ts';
import { diffTagMaps, type TagDifference } from './diff-tag-maps.ts';

const tag = parseTag('v1');
const one = digestOf(Buffer.from('one'));
const two = digestOf(Buffer.from('two'));
const filtered = digestOf(Buffer.from('filtered'));

const absent = undefined;
const resolved: TagEntry = { kind: 'resolved', digest: one };
const elsewhere: TagEntry = { kind: 'resolved', digest: two };
const expectingFiltered: TagEntry = { kind: 'resolved', digest: one, expectedDigest: filtered };
const dangling: TagEntry = { kind: 'dangling' };
const unreadable: TagEntry = { kind: 'unreadable', code: 'SERVER_ERROR', message: 'broken' };
const timedOut: TagEntry = { kind: 'unreadable', code: 'TIMEOUT', message: 'too late' };

function mapWith(entry: TagEntry | undefined): TagMap {
  return new Map(entry === undefined ? [] : [[tag, entry]]);
}

describe('one tag', () => {
  const lost = {
    kind: 'unreadable',
    side: 'primary',
    code: 'MISSING_CONTENT',
    message: 'the primary lists the tag and does not have its manifest',
    primaryDigest: null,
  };
  const broken = {
    kind: 'unreadable',
    side: 'primary',
    code: 'SERVER_ERROR',
    message: 'broken',
    primaryDigest: null,
  };
  const late = {
    kind: 'unreadable',
    side: 'secondary',
    code: 'TIMEOUT',
    message: 'too late',
    secondaryDigest: null,
  };

  it.each<[string, TagEntry | undefined, TagEntry | undefined, object[]]>([
    ['nowhere: nothing', absent, absent, []],
    [
      'the same on both sides: in sync',
      resolved,
      resolved,
      [{ kind: 'in-sync', primaryDigest: one, secondaryDigest: one }],
    ],
    [
      'not on the secondary: missing',
      resolved,
      absent,
      [{ kind: 'missing', primaryDigest: one, secondaryDigest: null }],
    ],
    [
      'without a manifest on the secondary: missing',
      resolved,
      dangling,
      [{ kind: 'missing', primaryDigest: one, secondaryDigest: null }],
    ],
    [
      'pointing elsewhere: moved',
      resolved,
      elsewhere,
      [{ kind: 'moved', primaryDigest: one, secondaryDigest: two }],
    ],
    [
      'only on the secondary: an orphan',
      absent,
      elsewhere,
      [{ kind: 'orphan', primaryDigest: null, secondaryDigest: two }],
    ],
    [
      'only on the secondary, without a manifest: an orphan',
      absent,
      dangling,
      [{ kind: 'orphan', primaryDigest: null, secondaryDigest: null }],
    ],
    ['unreadable on the secondary', resolved, timedOut, [{ ...late, primaryDigest: one }]],
    ['unreadable on the secondary, and only there', absent, timedOut, [{ ...late, primaryDigest: null }]],
    ['without a manifest on the primary', dangling, absent, [{ ...lost, secondaryDigest: null }]],
    [
      'without a manifest on the primary, with one on the secondary',
      dangling,
      elsewhere,
      [{ ...lost, secondaryDigest: two }],
    ],
    ['without a manifest on both sides', dangling, dangling, [{ ...lost, secondaryDigest: null }]],
    [
      'without a manifest on the primary, unreadable on the secondary',
      dangling,
      timedOut,
      [{ ...lost, secondaryDigest: null }],
    ],
    ['unreadable on the primary', unreadable, absent, [{ ...broken, secondaryDigest: null }]],
    [
      'unreadable on the primary, readable on the secondary',
      unreadable,
      elsewhere,
      [{ ...broken, secondaryDigest: two }],
    ],
    [
      'unreadable on the primary, without a manifest on the secondary',
      unreadable,
      dangling,
      [{ ...broken, secondaryDigest: null }],
    ],
    [
      'unreadable on both sides: the primary is named',
      unreadable,
      timedOut,
      [{ ...broken, secondaryDigest: null }],
    ],
  ])('is %s', (_what, primary, secondary, expected) => {
    const differences = diffTagMaps(mapWith(primary), mapWith(secondary));
    expect(differences).toStrictEqual(expected.map((difference) => ({ tag, ...difference })));
  });

  it.each<[string, TagEntry | undefined, object]>([
    ['missing', absent, { kind: 'missing', secondaryDigest: null }],
    ['moved where the secondary has all platforms', resolved, { kind: 'moved', secondaryDigest: one }],
    [
      'in sync where the secondary has the filtered index',
      { kind: 'resolved', digest: filtered },
      { kind: 'in-sync', secondaryDigest: filtered },
    ],
  ])(
    'that a platform filter changes is %s, held against the expected digest',
    (_what, secondary, expected) => {
      expect(diffTagMaps(mapWith(expectingFiltered), mapWith(secondary))).toStrictEqual([
        { tag, primaryDigest: one, expectedDigest: filtered, ...expected },
      ]);
    },
  );

  it('keeps its case: V1 is not v1', () => {
    const differences = diffTagMaps(
      new Map([[parseTag('V1'), resolved]]),
      new Map([[parseTag('v1'), resolved]]),
    );
    expect(differences.map(({ kind, tag: name }) => [kind, name])).toEqual([
      ['missing', 'V1'],
      ['orphan', 'v1'],
    ]);
  });
});

describe('tags that are named like parts of an object', () => {
  it.each(['__proto__', 'constructor', 'toString', 'valueOf', 'hasOwnProperty'])(
    'are tags like any other: %s',
    (name) => {
      const [special, other] = [parseTag(name), parseTag('other')];
      const primary: TagMap = new Map([[special, resolved]]);
      const secondary: TagMap = new Map([[other, elsewhere]]);
      expect(diffTagMaps(primary, secondary).map(({ kind, tag: each }) => [kind, each])).toEqual([
        ['missing', name],
        ['orphan', 'other'],
      ]);
      expect(diffTagMaps(new Map(), secondary)).toHaveLength(1);
      expect(diffTagMaps(primary, primary)).toMatchObject([{ kind: 'in-sync', tag: name }]);
    },
  );
});

describe('the order of differences', () => {
  it('is that of the primary, then that of the secondary', () => {
    const names = (text: string): TagMap =>
      new Map(text.split(' ').map((name) => [parseTag(name), resolved]));
    const differences = diffTagMaps(names('c a b'), names('z b y a'));
    expect(differences.map((difference) => difference.tag)).toEqual(['c', 'a', 'b', 'z', 'y']);
  });
});

/** What the secondary holds once every difference is carried out. */
function apply(differences: readonly TagDifference[], before: TagMap): TagMap {
  const after = new Map<Tag, TagEntry>(before);
  for (const difference of differences) {
    switch (difference.kind) {
      case 'missing':
      case 'moved':
        after.set(difference.tag, {
          kind: 'resolved',
          digest: difference.expectedDigest ?? difference.primaryDigest,
        });
        break;
      case 'orphan':
        after.delete(difference.tag);
        break;
      case 'in-sync':
      case 'unreadable':
    }
  }
  return after;
}

function whatSecondaryShouldHold(expected: TagMap): TagMap {
  const entries = [...expected].map(([name, entry]): [Tag, TagEntry] => [
    name,
    entry.kind === 'resolved' ? { kind: 'resolved', digest: entry.expectedDigest ?? entry.digest } : entry,
  ]);
  return new Map(entries);
}

function isUnclear(name: Tag, sides: readonly TagMap[]): boolean {
  return sides.some((side) => side.get(name)?.kind === 'unreadable');
}

describe('the comparison', () => {
  const anything = tagMapOf(resolvedEntry, filteredEntry, danglingEntry, unreadableEntry);
  const readablePrimary = tagMapOf(resolvedEntry, filteredEntry);
  const readableSecondary = tagMapOf(resolvedEntry, danglingEntry);

  it('says all that is to do: apply(diff(a, b), b) = a', () => {
    fc.assert(
      fc.property(readablePrimary, readableSecondary, (primary, secondary) => {
        const after = apply(diffTagMaps(primary, secondary), secondary);
        expect(after).toEqual(whatSecondaryShouldHold(primary));
      }),
    );
  });

  it('finds nothing to do once it is done', () => {
    fc.assert(
      fc.property(readablePrimary, readableSecondary, (primary, secondary) => {
        const after = apply(diffTagMaps(primary, secondary), secondary);
        expect(diffTagMaps(primary, after).filter(({ kind }) => kind !== 'in-sync')).toEqual([]);
      }),
    );
  });

  it('finds every tag of a map in sync with itself', () => {
    fc.assert(
      fc.property(tagMapOf(resolvedEntry), (tags) => {
        const differences = diffTagMaps(tags, tags);
        expect(differences.map(({ kind }) => kind)).toEqual([...tags].map(() => 'in-sync'));
      }),
    );
  });

  it('names every tag of either side once', () => {
    fc.assert(
      fc.property(anything, anything, (primary, secondary) => {
        const named = diffTagMaps(primary, secondary).map((difference) => difference.tag);
        expect(named.toSorted()).toEqual([...new Set([...primary.keys(), ...secondary.keys()])].sort());
      }),
    );
  });

  it('calls only a tag that the primary does not list an orphan, so never one that moved', () => {
    fc.assert(
      fc.property(anything, anything, (primary, secondary) => {
        const orphans = diffTagMaps(primary, secondary).filter(({ kind }) => kind === 'orphan');
        expect(orphans.filter((orphan) => primary.has(orphan.tag))).toEqual([]);
        expect(orphans.filter((orphan) => !secondary.has(orphan.tag))).toEqual([]);
      }),
    );
  });

  it('never makes a tag that could not be read missing, moved, an orphan or in sync', () => {
    fc.assert(
      fc.property(anything, anything, (primary, secondary) => {
        const unclear = diffTagMaps(primary, secondary).filter((difference) =>
          isUnclear(difference.tag, [primary, secondary]),
        );
        expect(unclear.map(({ kind }) => kind)).toEqual(unclear.map(() => 'unreadable'));
      }),
    );
  });

  it('leaves both maps as they are', () => {
    fc.assert(
      fc.property(anything, anything, (primary, secondary) => {
        const before = [new Map(primary), new Map(secondary)];
        diffTagMaps(primary, secondary);
        expect([primary, secondary]).toEqual(before);
      }),
    );
  });
});
