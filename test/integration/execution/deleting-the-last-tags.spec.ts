import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { OrphanSurroundings } from '../../../src/execution/deletion-evidence.ts';
import { parseRepositoryName, parseTag } from '../../../src/oci/reference.ts';
import type { LastLook } from '../../../src/planning/deletion-gate.ts';
import type { StepOutcome } from '../../../src/planning/step.ts';
import { ociImage } from '../../builders/image-content.ts';
import type { Fault } from '../../fakes/fake-fault.ts';
import { htmlPage, jsonStatus, plainNotFound } from '../../fakes/fake-faults.ts';
import type { FakeOperation } from '../../fakes/fake-operation.ts';
import { APP } from '../registry/registry-bench.ts';
import { seed } from './copy-bench.ts';
import { DeletionBench } from './deletion-bench.ts';

const OTHER = parseRepositoryName('team/other');
const LOOKS: readonly FakeOperation[] = ['head-tag', 'get-tag'];

let bench: DeletionBench;

beforeEach(async () => {
  bench = await DeletionBench.open();
  bench.primary.storage.deleteRepository(APP);
  seed(bench.primary.storage, OTHER, ociImage('survivor'), 'survivor');
});

afterEach(async () => {
  expect(await bench.close()).toEqual([]);
});

/** As for a repository of which nothing is left on the primary, and whose plan was approved. */
function approved(change: Partial<OrphanSurroundings> = {}): OrphanSurroundings {
  const control = { controlTag: parseTag('survivor'), controlRepository: OTHER };
  return { ...bench.surroundings(), ...control, primary: 'no-tags', ...change };
}

async function deleteGone(surroundings: OrphanSurroundings): Promise<StepOutcome> {
  return await bench.deleter().deleter.deleteTag(bench.step('gone'), surroundings);
}

function primaryAnswers(fault: Fault, repository: string): void {
  bench.primary.faults.add({
    operation: LOOKS,
    when: (exchange) => exchange.repository === repository,
    fault,
  });
}

const isLeft = (): boolean => bench.tags().includes('gone');

describe('deleting a tag of a repository of which the primary has nothing left', () => {
  it.each<[string, Fault]>([
    ['MANIFEST_UNKNOWN', jsonStatus(404, 'MANIFEST_UNKNOWN')],
    ['NAME_UNKNOWN', jsonStatus(404, 'NAME_UNKNOWN')],
  ])('goes where the primary says %s, and has a tag of another repository', async (_what, fault) => {
    primaryAnswers(fault, APP);

    expect(await deleteGone(approved())).toMatchObject({ outcome: 'done' });
    expect(isLeft()).toBe(false);
  });

  it('does not take NAME_UNKNOWN for an answer where the repository lives', async () => {
    primaryAnswers(jsonStatus(404, 'NAME_UNKNOWN'), APP);

    expect(await deleteGone(approved({ primary: 'lives' }))).toMatchObject({
      outcome: 'held',
      reason: 'PRIMARY_UNREADABLE',
    });
    expect(isLeft()).toBe(true);
  });

  it.each<[string, Fault]>([
    ['a bare 404', plainNotFound()],
    ['another code', jsonStatus(404, 'NOT_FOUND')],
    ['BLOB_UNKNOWN', jsonStatus(404, 'BLOB_UNKNOWN')],
    ['401', jsonStatus(401, 'UNAUTHORIZED')],
    ['403', jsonStatus(403, 'DENIED')],
    ['a page of HTML', htmlPage()],
    ['500', jsonStatus(500, 'UNKNOWN')],
  ])('stays where the primary says %s', async (_what, fault) => {
    primaryAnswers(fault, APP);

    expect(await deleteGone(approved())).toMatchObject({ outcome: 'held', reason: 'PRIMARY_UNREADABLE' });
    expect(isLeft()).toBe(true);
  });

  it.each<[string, Fault]>([
    ['not there', jsonStatus(404, 'MANIFEST_UNKNOWN')],
    ['in a repository that is not there', jsonStatus(404, 'NAME_UNKNOWN')],
    ['not answered', jsonStatus(500, 'UNKNOWN')],
  ])('stays where the tag of another repository is %s', async (_what, fault) => {
    primaryAnswers(fault, OTHER);

    expect(await deleteGone(approved())).toMatchObject({ outcome: 'held', reason: 'PRIMARY_UNREADABLE' });
    expect(isLeft()).toBe(true);
  });

  it('stays where no other repository is known', async () => {
    expect(await deleteGone(approved({ controlTag: undefined }))).toMatchObject({
      outcome: 'held',
      reason: 'PRIMARY_UNREADABLE',
    });
    expect(isLeft()).toBe(true);
  });

  it('stays where the primary has the tag again', async () => {
    seed(bench.primary.storage, APP, ociImage('again'), 'gone');

    expect(await deleteGone(approved())).toMatchObject({ outcome: 'held', reason: 'PRIMARY_STILL_HAS_TAG' });
    expect(isLeft()).toBe(true);
  });
});

describe('the sentinel', () => {
  it.each<[LastLook['sentinel'], string, string | null]>([
    ['confirmed', 'done', null],
    ['missing', 'held', 'SENTINEL_MISSING'],
    ['changed', 'held', 'SENTINEL_MISSING'],
  ])('is asked for right before each deletion: %s', async (sentinel, outcome, reason) => {
    let asked = 0;
    const surroundings = approved({
      sentinel: () => {
        asked += 1;
        return Promise.resolve(sentinel);
      },
    });

    expect(await deleteGone(surroundings)).toMatchObject({ outcome, reason });
    expect(asked).toBe(1);
    expect(isLeft()).toBe(outcome !== 'done');
  });
});
