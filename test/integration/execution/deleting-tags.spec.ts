import { afterEach, describe, expect, it } from '@jest/globals';

import { ociImage } from '../../builders/image-content.ts';
import { answer } from '../../fakes/fake-answer.ts';
import type { Fault } from '../../fakes/fake-fault.ts';
import { htmlPage, jsonStatus, plainNotFound, tooManyRequests } from '../../fakes/fake-faults.ts';
import type { FakeOperation } from '../../fakes/fake-operation.ts';
import { APP } from '../registry/registry-bench.ts';
import { seed } from './copy-bench.ts';
import { DeletionBench, GONE } from './deletion-bench.ts';

let bench: DeletionBench;

afterEach(async () => {
  expect(await bench.close()).toEqual([]);
});

const ALL = ['gone', 'kept', 'other', 'twin'];
const WITHOUT_GONE = ['kept', 'other', 'twin'];

const LOOKS: readonly FakeOperation[] = ['head-tag', 'get-tag'];
const NOTHING: Fault = { kind: 'answer', answer: answer(202) };

/** After a deletion the primary is asked once more. */
const LOOK_BACK = 1;

const deletions = (): number => bench.secondary.history.count({ operation: 'delete-tag' });

describe('deleting an orphan by its name', () => {
  it('takes exactly that tag, and writes down each step', async () => {
    bench = await DeletionBench.open();
    const { deleter, journal } = bench.deleter();

    await expect(deleter.deleteTag(bench.step('gone'), bench.surroundings())).resolves.toMatchObject({
      outcome: 'done',
    });

    expect(bench.tags()).toEqual(WITHOUT_GONE);
    expect(journal.states).toEqual(['started', 'deleted', 'verified']);
    expect(journal.entries).toMatchObject([
      { tag: 'gone', secondaryDigest: GONE.root.digest, method: 'by-tag-name', writesBefore: 0 },
    ]);
  });

  it('takes a tag whose manifest is gone', async () => {
    bench = await DeletionBench.open();
    bench.secondary.storage.setTag(APP, 'dangling', `sha256:${'0'.repeat(64)}`);
    const { deleter } = bench.deleter();

    await expect(deleter.deleteTag(bench.step('dangling'), bench.surroundings())).resolves.toMatchObject({
      outcome: 'done',
    });
    expect(bench.tags()).toEqual(ALL);
  });

  it('asks a registry once that does not do so, and leaves all as it is', async () => {
    bench = await DeletionBench.open({ profile: 'distribution-2.8' });
    const { deleter, journal } = bench.deleter();

    for (const tag of ['gone', 'other']) {
      const outcome = await deleter.deleteTag(bench.step(tag), bench.surroundings());
      expect(outcome).toMatchObject({ outcome: 'skipped', reason: 'TAG_DELETE_UNSUPPORTED' });
    }

    expect(deletions()).toBe(1);
    expect(journal.states).toEqual(['started', 'failed']);
    expect(bench.tags()).toEqual(ALL);
  });

  it('is done where somebody else was first', async () => {
    bench = await DeletionBench.open();
    bench.secondary.faults.add({
      operation: 'delete-tag',
      fault: { kind: 'change', change: (storage) => storage.deleteTag(APP, 'gone') },
    });

    await expect(bench.deleteGone()).resolves.toMatchObject({ outcome: 'done' });
  });

  it('is not done where the registry accepts it and does nothing', async () => {
    bench = await DeletionBench.open();
    bench.secondary.faults.add({ operation: 'delete-tag', fault: NOTHING });

    await expect(bench.deleteGone()).resolves.toMatchObject({ outcome: 'failed', reason: 'VERIFY_FAILED' });
    expect(deletions()).toBe(1);
  });

  it('is done where the tag goes a little later', async () => {
    bench = await DeletionBench.open();
    const before = bench.secondary.storage.snapshot();
    bench.secondary.faults.add({
      operation: [...LOOKS, 'list-tags'],
      nth: 2,
      times: 2,
      fault: { kind: 'stale-read', storage: before },
    });

    await expect(bench.deleteGone()).resolves.toMatchObject({ outcome: 'done' });
  });

  it('stops for good where it took a sibling along', async () => {
    bench = await DeletionBench.open();
    bench.secondary.faults.add({
      operation: 'delete-tag',
      fault: { kind: 'change', change: (storage) => storage.deleteManifest(APP, GONE.root.digest) },
    });
    const { deleter } = bench.deleter();

    const first = await deleter.deleteTag(bench.step('gone'), bench.surroundings());
    const second = await deleter.deleteTag(bench.step('other'), bench.surroundings());

    expect(first).toMatchObject({ outcome: 'failed', reason: 'VERIFY_FAILED' });
    expect(first.message).toContain('twin with it; twin could not be put back');
    expect(bench.alarm.stopped).toBe('deleting team/app:gone took twin with it');
    expect(second).toMatchObject({ outcome: 'held', reason: 'FROZEN' });
    expect(deletions()).toBe(1);
    expect(bench.tags()).toEqual(['kept', 'other']);
  });

  it('is not sent where an operator has stopped deletions a moment ago', async () => {
    bench = await DeletionBench.open();
    bench.alarm.stopped = 'ops stopped deletions';

    await expect(bench.deleteGone()).resolves.toMatchObject({
      outcome: 'held',
      reason: 'FROZEN',
      message: 'ops stopped deletions',
    });
    expect(bench.secondary.history.writes()).toEqual([]);
  });

  it.each<[string, Fault, string]>([
    ['401', jsonStatus(401, 'UNAUTHORIZED'), 'UNAUTHORIZED'],
    ['403', jsonStatus(403, 'DENIED'), 'FORBIDDEN'],
    ['409', jsonStatus(409, 'CONFLICT'), 'TAG_IMMUTABLE'],
    ['400 of another kind', jsonStatus(400, 'NAME_INVALID'), 'MALFORMED_RESPONSE'],
    ['an HTML page', htmlPage(400), 'MALFORMED_RESPONSE'],
  ])('fails with %s and is not repeated', async (_what, fault, reason) => {
    bench = await DeletionBench.open();
    bench.secondary.faults.add({ operation: 'delete-tag', fault });

    await expect(bench.deleteGone()).resolves.toMatchObject({ outcome: 'failed', reason });
    expect(deletions()).toBe(1);
  });
});

describe('a deletion of which nobody knows whether it took effect', () => {
  const UNKNOWN: readonly (readonly [string, Fault, string])[] = [
    ['a lost request', { kind: 'reset' }, 'NETWORK'],
    ['500', jsonStatus(500, 'UNKNOWN'), 'SERVER_ERROR'],
    ['504 of a proxy', htmlPage(504), 'SERVER_ERROR'],
    ['429', tooManyRequests('1'), 'RATE_LIMITED'],
  ];

  it.each(UNKNOWN)('is sent again after %s, when the tag is still what it was', async (_what, fault) => {
    bench = await DeletionBench.open();
    bench.secondary.faults.add({ operation: 'delete-tag', times: 3, fault });

    await expect(bench.deleteGone()).resolves.toMatchObject({ outcome: 'done' });

    expect(deletions()).toBe(4);
    expect(bench.tags()).toEqual(WITHOUT_GONE);
  });

  it.each(UNKNOWN)('is looked at on both sides before each request, after %s', async (_what, fault) => {
    bench = await DeletionBench.open();
    bench.secondary.faults.add({ operation: 'delete-tag', fault });

    await bench.deleteGone();

    const lookedAt = bench.primary.history.count({ operation: 'get-tag', reference: 'gone' });
    expect(lookedAt).toBe(deletions());
  });

  it.each(UNKNOWN)('fails in the end after nothing but %s', async (_what, fault, reason) => {
    bench = await DeletionBench.open();
    bench.secondary.faults.add({ operation: 'delete-tag', fault });

    await expect(bench.deleteGone()).resolves.toMatchObject({ outcome: 'failed', reason });
    expect(deletions()).toBe(4);
    expect(bench.tags()).toEqual(ALL);
  });

  it.each<[string, Fault]>([
    ['its answer got lost', { kind: 'answer-lost' }],
    ['it was applied twice', { kind: 'applied-twice' }],
  ])('is not sent again where the tag is gone: %s', async (_what, fault) => {
    bench = await DeletionBench.open();
    bench.secondary.faults.add({ operation: 'delete-tag', fault });

    await expect(bench.deleteGone()).resolves.toMatchObject({ outcome: 'done' });
    expect(deletions()).toBe(1);
    expect(bench.tags()).toEqual(WITHOUT_GONE);
  });

  it('is not sent again to a tag that stands for something else by then', async () => {
    bench = await DeletionBench.open();
    bench.secondary.faults.add({
      operation: 'delete-tag',
      fault: jsonStatus(500, 'UNKNOWN'),
      when: () => {
        seed(bench.secondary.storage, APP, ociImage('pushed meanwhile'), 'gone');
        return true;
      },
    });

    await expect(bench.deleteGone()).resolves.toMatchObject({ outcome: 'held', reason: 'SECONDARY_CHANGED' });
    expect(deletions()).toBe(1);
    expect(bench.tags()).toEqual(ALL);
  });

  it('is not sent again once the primary has the tag', async () => {
    bench = await DeletionBench.open();
    bench.secondary.faults.add({
      operation: 'delete-tag',
      fault: jsonStatus(500, 'UNKNOWN'),
      when: () => {
        seed(bench.primary.storage, APP, ociImage('new'), 'gone');
        return true;
      },
    });

    await expect(bench.deleteGone()).resolves.toMatchObject({
      outcome: 'held',
      reason: 'PRIMARY_STILL_HAS_TAG',
    });
    expect(deletions()).toBe(1);
  });
});

describe('the last look before a deletion', () => {
  it.each<[string, Fault]>([
    ['404 in plain text', plainNotFound()],
    ['404 NAME_UNKNOWN', jsonStatus(404, 'NAME_UNKNOWN')],
    ['404 UNKNOWN', jsonStatus(404, 'UNKNOWN')],
    ['401', jsonStatus(401, 'UNAUTHORIZED')],
    ['403', jsonStatus(403, 'DENIED')],
    ['500', jsonStatus(500, 'UNKNOWN')],
    ['an HTML page', htmlPage()],
    ['an HTML page with 404', htmlPage(404)],
    ['a broken connection', { kind: 'reset' }],
  ])('holds it back where the primary says %s', async (_what, fault) => {
    bench = await DeletionBench.open();
    bench.primary.faults.add({ operation: LOOKS, reference: 'gone', fault });

    await expect(bench.deleteGone()).resolves.toMatchObject({
      outcome: 'held',
      reason: 'PRIMARY_UNREADABLE',
    });
    expect(bench.secondary.history.writes()).toEqual([]);
  });

  it('holds it back where the primary knows nothing any more, not even what it has', async () => {
    bench = await DeletionBench.open();
    bench.primary.faults.add({ operation: LOOKS, fault: jsonStatus(404, 'MANIFEST_UNKNOWN') });

    await expect(bench.deleteGone()).resolves.toMatchObject({
      outcome: 'held',
      reason: 'PRIMARY_UNREADABLE',
    });
    expect(bench.secondary.history.writes()).toEqual([]);
  });

  it('holds it back where the secondary cannot be read', async () => {
    bench = await DeletionBench.open();
    bench.secondary.faults.add({ operation: LOOKS, fault: plainNotFound() });

    await expect(bench.deleteGone()).resolves.toMatchObject({ outcome: 'held', reason: 'SECONDARY_CHANGED' });
    expect(bench.secondary.history.writes()).toEqual([]);
  });

  it('holds it back where the tag is another one', async () => {
    bench = await DeletionBench.open();
    const { deleter } = bench.deleter();
    const step = bench.step('gone');
    seed(bench.secondary.storage, APP, ociImage('pushed meanwhile'), 'gone');

    await expect(deleter.deleteTag(step, bench.surroundings())).resolves.toMatchObject({
      outcome: 'held',
      reason: 'SECONDARY_CHANGED',
    });
    expect(bench.secondary.history.writes()).toEqual([]);
  });

  it('fails as CANCELLED when the cycle is cancelled, and nothing is deleted', async () => {
    bench = await DeletionBench.open();
    const controller = new AbortController();
    const { deleter } = bench.deleter(controller.signal);
    bench.primary.faults.add({
      operation: 'get-tag',
      fault: { kind: 'stall' },
      when: () => {
        controller.abort();
        return true;
      },
    });

    await expect(deleter.deleteTag(bench.step('gone'), bench.surroundings())).resolves.toMatchObject({
      outcome: 'failed',
      reason: 'CANCELLED',
    });
    expect(bench.secondary.history.writes()).toEqual([]);
  });
});

describe('a sibling that a deletion took along', () => {
  /** The registry deletes what the tag stands for, as distribution 2 does by digest. */
  const takesManifest = (): Fault => ({
    kind: 'change',
    change: (storage) => storage.deleteManifest(APP, GONE.root.digest),
  });
  /** The registry takes other tags of the digest and keeps the manifest, as zot would. */
  const takesTags = (...tags: readonly string[]): Fault => ({
    kind: 'change',
    change: (storage) => {
      for (const tag of ['gone', ...tags]) storage.deleteTag(APP, tag);
    },
  });

  it('is put back from the manifest that the secondary still has', async () => {
    bench = await DeletionBench.open();
    bench.secondary.faults.add({ operation: 'delete-tag', fault: takesTags('twin') });

    const outcome = await bench.deleteGone();

    expect(outcome).toMatchObject({ outcome: 'failed', reason: 'VERIFY_FAILED' });
    expect(outcome.message).toContain('twin was put back; deletions on secondary are stopped');
    expect(bench.secondary.storage.tags(APP).get('twin')).toBe(GONE.root.digest);
    expect(bench.alarm.losses).toEqual([
      {
        repository: APP,
        deletedTag: 'gone',
        sibling: 'twin',
        digest: GONE.root.digest,
        healedFrom: 'secondary',
      },
    ]);
    expect(bench.copiedAgain).toEqual([]);
  });

  it('is copied from the primary where the manifest is gone', async () => {
    bench = await DeletionBench.open();
    seed(bench.primary.storage, APP, GONE, 'twin');
    bench.secondary.faults.add({ operation: 'delete-tag', fault: takesManifest() });

    await bench.deleteGone();

    expect(bench.secondary.storage.tags(APP).get('twin')).toBe(GONE.root.digest);
    expect(bench.alarm.losses).toMatchObject([{ sibling: 'twin', healedFrom: 'primary' }]);
  });

  it('is told where nobody has its content any more, and deletions are stopped all the same', async () => {
    bench = await DeletionBench.open();
    bench.secondary.faults.add({ operation: 'delete-tag', fault: takesManifest() });

    await bench.deleteGone();

    expect(bench.alarm.losses).toMatchObject([{ sibling: 'twin', healedFrom: 'nowhere' }]);
    expect(bench.alarm.stopped).toContain('took twin');
  });

  it('is missed where it came after the secondary was listed, or lies outside the filters', async () => {
    bench = await DeletionBench.open();
    const { deleter } = bench.deleter();
    const surroundings = bench.surroundings();
    seed(bench.secondary.storage, APP, GONE, 'newcomer');
    bench.secondary.faults.add({ operation: 'delete-tag', fault: takesTags('newcomer') });

    const outcome = await deleter.deleteTag(bench.step('gone'), surroundings);

    expect(outcome).toMatchObject({ outcome: 'failed', reason: 'VERIFY_FAILED' });
    expect(bench.alarm.losses).toMatchObject([{ sibling: 'newcomer', healedFrom: 'secondary' }]);
    expect(bench.tags()).toEqual(['kept', 'newcomer', 'other', 'twin']);
  });

  it('is not missed where it had gone before', async () => {
    bench = await DeletionBench.open();
    const { deleter } = bench.deleter();
    const surroundings = bench.surroundings();
    bench.secondary.storage.deleteTag(APP, 'twin');

    await expect(deleter.deleteTag(bench.step('gone'), surroundings)).resolves.toMatchObject({
      outcome: 'done',
    });
    expect(bench.alarm.losses).toEqual([]);
  });

  it('need not be one: a registry that deletes another tag than it was told is found out', async () => {
    bench = await DeletionBench.open();
    bench.secondary.faults.add({
      operation: 'delete-tag',
      fault: {
        kind: 'change',
        change: (storage) => {
          storage.deleteTag(APP, 'other');
          storage.deleteTag(APP, 'gone');
        },
      },
    });

    await expect(bench.deleteGone()).resolves.toMatchObject({ outcome: 'failed', reason: 'VERIFY_FAILED' });
    expect(bench.alarm.losses).toMatchObject([{ sibling: 'other', healedFrom: 'secondary' }]);
    expect(bench.tags()).toEqual(WITHOUT_GONE);
  });

  it('counts as lost only after a few looks: a stale answer is no loss', async () => {
    bench = await DeletionBench.open();
    bench.secondary.faults.add({
      operation: LOOKS,
      reference: 'twin',
      nth: 2,
      times: 2,
      fault: jsonStatus(404, 'MANIFEST_UNKNOWN'),
    });

    await expect(bench.deleteGone()).resolves.toMatchObject({ outcome: 'done' });
    expect(bench.alarm.losses).toEqual([]);
  });

  it('of which nobody can tell ends the deletions of the cycle, and alarms nobody', async () => {
    bench = await DeletionBench.open();
    bench.secondary.faults.add({
      operation: LOOKS,
      reference: 'twin',
      nth: 2,
      times: 1000,
      fault: plainNotFound(),
    });
    const { deleter } = bench.deleter();

    const first = await deleter.deleteTag(bench.step('gone'), bench.surroundings());
    const second = await deleter.deleteTag(bench.step('other'), bench.surroundings());

    expect(first).toMatchObject({ outcome: 'failed', reason: 'VERIFY_FAILED' });
    expect(first.message).toContain('nobody can tell whether twin is still there');
    expect(second).toMatchObject({ outcome: 'held', reason: 'FROZEN' });
    expect(bench.alarm.stopped).toBeUndefined();
    expect(bench.tags()).toEqual(WITHOUT_GONE);
  });
});

describe('a tag that the primary gets while it is deleted', () => {
  it('is copied at once', async () => {
    bench = await DeletionBench.open();
    bench.secondary.faults.add({
      operation: 'delete-tag',
      when: () => {
        seed(bench.primary.storage, APP, GONE, 'gone');
        return false;
      },
      fault: NOTHING,
    });

    await expect(bench.deleteGone()).resolves.toMatchObject({
      outcome: 'skipped',
      reason: 'PRIMARY_STILL_HAS_TAG',
    });
    expect(bench.copiedAgain).toEqual(['gone']);
    expect(bench.tags()).toEqual(ALL);
  });
});

describe('what the registries say', () => {
  /** Lets time pass during a look at the primary. */
  function slowLooks(times: number): void {
    bench.primary.faults.add({
      operation: 'get-tag',
      reference: 'gone',
      times,
      fault: { kind: 'change', change: () => bench.clock.advance(3) },
    });
  }

  it('is asked again where it is not of one moment', async () => {
    bench = await DeletionBench.open();
    slowLooks(2);

    await expect(bench.deleteGone()).resolves.toMatchObject({ outcome: 'done' });
    expect(bench.primary.history.count({ operation: 'get-tag', reference: 'gone' })).toBe(2 + 1 + LOOK_BACK);
  });

  it('deletes nothing where it never is', async () => {
    bench = await DeletionBench.open();
    slowLooks(1000);

    await expect(bench.deleteGone()).resolves.toMatchObject({
      outcome: 'held',
      reason: 'PRIMARY_UNREADABLE',
    });
    expect(bench.secondary.history.writes()).toEqual([]);
  });

  it('is asked again where writing it down took too long', async () => {
    bench = await DeletionBench.open();
    const { deleter, journal } = bench.deleter();
    journal.delayOnce(() => bench.clock.advance(60));

    await expect(deleter.deleteTag(bench.step('gone'), bench.surroundings())).resolves.toMatchObject({
      outcome: 'done',
    });
    expect(journal.states).toEqual(['started', 'failed', 'started', 'deleted', 'verified']);
    expect(bench.primary.history.count({ operation: 'get-tag', reference: 'gone' })).toBe(2 + LOOK_BACK);
  });

  it('counts only where the control tag stands for what it stood for: another registry may answer', async () => {
    bench = await DeletionBench.open();
    seed(bench.primary.storage, APP, ociImage('of another registry'), 'kept');

    await expect(bench.deleteGone()).resolves.toMatchObject({
      outcome: 'held',
      reason: 'PRIMARY_UNREADABLE',
    });
    expect(bench.secondary.history.writes()).toEqual([]);
  });

  it.each(['before', 'after'] as const)(
    'counts only where the control tag answers %s as well',
    async (when) => {
      bench = await DeletionBench.open();
      bench.primary.faults.add({
        operation: LOOKS,
        reference: 'kept',
        when: () =>
          bench.primary.history.count({ operation: 'get-tag', reference: 'gone' }) > 0 === (when === 'after'),
        fault: jsonStatus(404, 'MANIFEST_UNKNOWN'),
      });

      await expect(bench.deleteGone()).resolves.toMatchObject({
        outcome: 'held',
        reason: 'PRIMARY_UNREADABLE',
      });
      expect(bench.secondary.history.writes()).toEqual([]);
    },
  );
});
