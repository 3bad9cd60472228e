import { afterEach, describe, expect, it } from '@jest/globals';

import { parseManifest } from '../../../src/oci/manifest.ts';
import { isTombstone } from '../../../src/oci/tombstone.ts';
import type { StepOutcome } from '../../../src/planning/step.ts';
import { answer } from '../../fakes/fake-answer.ts';
import { distribution28 } from '../../fakes/fake-distribution-profiles.ts';
import type { Fault } from '../../fakes/fake-fault.ts';
import { jsonStatus } from '../../fakes/fake-faults.ts';
import { writeOperations } from '../../fakes/fake-operation.ts';
import { APP, BASE } from '../registry/registry-bench.ts';
import { seed } from './copy-bench.ts';
import { DeletionBench, GONE, KEPT } from './deletion-bench.ts';

let bench: DeletionBench;

afterEach(async () => {
  expect(await bench.close()).toEqual([]);
});

const SCRATCH = 'geo-reconciler-scratch';
const ALL = ['gone', 'kept', 'other', 'twin'];
const WITHOUT_GONE = ['kept', 'other', 'twin'];

const open = (): Promise<DeletionBench> =>
  DeletionBench.open({ profile: 'distribution-2.8', fallback: 'tombstone' });

const writes = (): readonly string[] =>
  bench.secondary.history
    .writes()
    .map(({ operation, reference }) =>
      ['put-tag', 'delete-tag'].includes(operation) ? `${operation} ${reference}` : operation,
    );

describe('a tombstone', () => {
  it('takes a tag away where only digests are deleted, and nothing else', async () => {
    bench = await open();
    const { deleter } = bench.deleter();

    await expect(deleter.deleteTag(bench.step('gone'), bench.surroundings())).resolves.toMatchObject({
      outcome: 'done',
    });

    expect(bench.tags()).toEqual(WITHOUT_GONE);
    expect(bench.secondary.storage.tags(APP).get('twin')).toBe(GONE.root.digest);
    expect(bench.secondary.storage.manifestDigests(APP)).toContain(GONE.root.digest);
  });

  it('is written down before the tag is touched', async () => {
    bench = await open();
    const { deleter, journal } = bench.deleter();

    await deleter.deleteTag(bench.step('gone'), bench.surroundings());

    const whole = ['started', 'tombstone-put', 'deleted', 'verified'];
    expect(journal.states).toEqual(['started', 'failed', ...whole, ...whole]);
    const [, proof, entry] = journal.entries;
    expect(proof).toMatchObject({
      method: 'tombstone',
      tag: SCRATCH,
      secondaryDigest: null,
      writesBefore: 1,
    });
    expect(entry).toMatchObject({ method: 'tombstone', tag: 'gone', secondaryDigest: GONE.root.digest });
    expect(entry?.tombstoneDigest).toMatch(/^sha256:/);
    expect(entry?.writesBefore).toBe(writes().indexOf('put-tag gone'));
  });

  it('is proven on a scratch tag first, once per repository', async () => {
    bench = await open();
    const { deleter } = bench.deleter();

    await deleter.deleteTag(bench.step('gone'), bench.surroundings());
    await deleter.deleteTag(bench.step('other'), bench.surroundings());

    expect(writes()).toEqual([
      'delete-tag gone',
      'delete-manifest',
      'open-upload',
      'commit-upload',
      `put-tag ${SCRATCH}`,
      'delete-manifest',
      'put-tag gone',
      'delete-manifest',
      'put-tag other',
      'delete-manifest',
    ]);
    expect(bench.tags()).toEqual(['kept', 'twin']);
  });

  it('is not tried where the registry deletes no digest: nothing is written, here or in any other repository', async () => {
    bench = await DeletionBench.open({ profile: 'distribution-2.8-nodelete', fallback: 'tombstone' });
    for (const { storage } of [bench.primary, bench.secondary]) seed(storage, BASE, KEPT, 'kept');
    seed(bench.secondary.storage, BASE, GONE, 'gone');
    const { deleter } = bench.deleter();

    const here = await deleter.deleteTag(bench.step('gone'), bench.surroundings());
    const there = await deleter.deleteTag(bench.step('gone', BASE), bench.surroundings(BASE));

    for (const outcome of [here, there])
      expect(outcome).toMatchObject({ outcome: 'skipped', reason: 'TAG_DELETE_UNSUPPORTED' });
    expect(writes()).toEqual(['delete-tag gone', 'delete-manifest']);
    expect(bench.tags()).toEqual(ALL);
  });

  it.each<[string, Fault]>([
    ['is refused for what is tagged', jsonStatus(400, 'GOOGLE_MANIFEST_DANGLING_TAG')],
    ['is accepted and does nothing', { kind: 'answer', answer: answer(202) }],
  ])('touches no real tag where deleting the scratch %s, run after run', async (_how, fault) => {
    bench = await open();
    bench.secondary.faults.add({ operation: 'delete-manifest', nth: 2, times: 1000, fault });

    for (let run = 0; run < 3; run += 1) {
      const outcome = await bench.deleteGone();
      expect(outcome).toMatchObject({ outcome: 'skipped', reason: 'TAG_DELETE_UNSUPPORTED' });
    }

    expect(bench.tags()).toEqual([SCRATCH, ...ALL].sort());
    expect(bench.secondary.storage.tags(APP).get('gone')).toBe(GONE.root.digest);
    expect(writes()).not.toContain('put-tag gone');
  });

  it.each<[string, Fault, string]>([
    ['403', jsonStatus(403, 'DENIED'), 'FORBIDDEN'],
    ['500', jsonStatus(500, 'UNKNOWN'), 'SERVER_ERROR'],
  ])('fails, and touches no real tag, where the proof meets %s', async (_what, fault, reason) => {
    bench = await open();
    const always = bench.secondary.faults.add({ operation: 'delete-manifest', fault });

    await expect(bench.deleteGone()).resolves.toMatchObject({ outcome: 'failed', reason });
    expect(bench.secondary.storage.tags(APP).get('gone')).toBe(GONE.root.digest);

    always.remove();
    await expect(bench.deleteGone()).resolves.toMatchObject({ outcome: 'done' });
  });

  it('does not take the scratch tag of another process for its own', async () => {
    bench = await open();
    bench.secondary.faults.add({
      operation: 'delete-manifest',
      nth: 2,
      fault: { kind: 'change', change: (storage) => void seed(storage, APP, GONE, SCRATCH) },
    });

    await expect(bench.deleteGone()).resolves.toMatchObject({ outcome: 'done' });
  });

  it('does not stand for content that came meanwhile: the tag is looked at before', async () => {
    bench = await open();
    const step = bench.step('gone');
    seed(bench.secondary.storage, APP, KEPT, 'gone');

    await expect(bench.deleter().deleter.deleteTag(step, bench.surroundings())).resolves.toMatchObject({
      outcome: 'held',
      reason: 'SECONDARY_CHANGED',
    });
    expect(writes()).toEqual([]);
  });
});

describe('a process that dies in the middle of a tombstone', () => {
  /** Every write of a whole deletion, before and after its effect. */
  const WRITES_OF_A_DELETION = 8;
  const deaths = Array.from({ length: WRITES_OF_A_DELETION }, (_, index) => index + 1).flatMap((nth) => [
    { nth, when: 'before', fault: { kind: 'reset' } as const },
    { nth, when: 'after', fault: { kind: 'answer-lost' } as const },
  ]);

  async function die(nth: number, fault: Fault): Promise<StepOutcome> {
    const controller = new AbortController();
    let seen = 0;
    bench.secondary.faults.add({
      operation: [...writeOperations],
      fault,
      when: () => {
        seen += 1;
        if (seen < nth) return false;
        controller.abort();
        return true;
      },
    });
    const { deleter } = bench.deleter(controller.signal);
    const outcome = await deleter.deleteTag(bench.step('gone'), bench.surroundings());
    // What had left the process before it died is still on its way.
    while (bench.secondary.history.inFlight() > 0) await new Promise((resolve) => setImmediate(resolve));
    bench.secondary.faults.clear();
    return outcome;
  }

  it.each(deaths)('$when its write number $nth leaves what the next run finishes', async ({ nth, fault }) => {
    bench = await open();

    await expect(die(nth, fault)).resolves.toMatchObject({ outcome: 'failed', reason: 'CANCELLED' });
    expect(bench.tags()).toEqual(expect.arrayContaining(WITHOUT_GONE));

    const tagsLeft = bench.tags().includes('gone') ? ['gone'] : [];
    const { deleter } = bench.deleter();
    for (const tag of [...tagsLeft, ...bench.tags().filter((each) => each === SCRATCH)]) {
      await deleter.deleteTag(bench.step(tag), bench.surroundings());
    }
    expect(bench.tags()).toEqual(WITHOUT_GONE);
    expect(bench.secondary.storage.tags(APP).get('twin')).toBe(GONE.root.digest);
  });

  it('after the tombstone was put leaves one that is known for what it is', async () => {
    bench = await open();
    await die(7, { kind: 'answer-lost' });

    const left = bench.secondary.storage.manifest(APP, 'gone')!;
    expect(isTombstone(parseManifest(left.bytes))).toBe(true);
    const { deleter, journal } = bench.deleter();
    await expect(deleter.isLeftoverTombstone(APP, bench.step('gone').tag)).resolves.toBe(true);

    await deleter.deleteTag(bench.step('gone'), bench.surroundings());
    expect(bench.secondary.history.count({ operation: 'put-tag', reference: 'gone' })).toBe(1);
    expect(journal.entries.at(-1)).toMatchObject({ tombstoneDigest: left.digest });
  });

  it('has died nowhere else', async () => {
    bench = await open();
    await bench.deleteGone();

    expect(bench.secondary.history.writes()).toHaveLength(WRITES_OF_A_DELETION);
  });
});

describe('where a repository holds no empty blob', () => {
  it('sends one, and only then', async () => {
    bench = await DeletionBench.open({ profile: distribution28, fallback: 'tombstone' });
    bench.secondary.storage.putBlob(APP, '{}');

    await bench.deleteGone();

    expect(writes()).not.toContain('open-upload');
  });
});
