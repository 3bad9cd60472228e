import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Configuration } from '../../../src/config/configuration.ts';
import { Secret } from '../../../src/config/secret.ts';
import type { DeletionPolicy } from '../../../src/policy/deletion-policy.ts';
import type { CycleReport } from '../../../src/planning/cycle-report.ts';
import type { HeldPlanRecord, HeldPlanState } from '../../../src/state/deletion-desk.ts';
import { openState } from '../../../src/state/open-state.ts';
import type { OpenState } from '../../../src/state/opened-state.ts';
import { ReadOnlyStateStore } from '../../../src/state/read-only-state.store.ts';
import type { ServiceStores } from '../../../src/state/service-stores.ts';
import { ociImage } from '../../builders/image-content.ts';
import { startPostgres, type PostgresHarness } from '../../databases/postgres-harness.ts';
import { FakeRegistry } from '../../fakes/fake-registry.ts';
import { seed } from '../execution/copy-bench.ts';
import { reconcile, stepLines, stepsOf } from './reconcile.ts';

const APP = 'team/app';
const OTHER = 'team/other';

let postgres: PostgresHarness;
let state: OpenState;
let stores: ServiceStores;
let primary: FakeRegistry;
let secondary: FakeRegistry;
let link: string;

beforeAll(async () => {
  postgres = await startPostgres();
  const url = new Secret(await postgres.freshDatabase());
  state = await openState({ kind: 'postgres', url }, 'read-write', () => undefined);
  stores = state.service!;
}, 60_000);

afterAll(async () => {
  await state.close();
  await postgres.stop();
});

beforeEach(async () => {
  link = `link-${randomUUID()}`;
  primary = await FakeRegistry.start();
  secondary = await FakeRegistry.start({ profile: 'distribution-3.1' });
});

afterEach(async () => {
  for (const { secondary: frozen } of await stores.freezes.all()) await stores.freezes.unfreeze(frozen);
  await Promise.all([primary.stop(), secondary.stop()]);
  expect([primary.defects, secondary.defects]).toEqual([[], []]);
});

/** Enough for everything to go at once, but for the budget. */
const POLICY: Partial<DeletionPolicy> = {
  orphans: 'delete',
  authority: 'policy',
  minObservations: 1,
  minAbsenceSeconds: 0,
  perRepository: { kind: 'count', n: 1 },
};

async function cycle(command: 'sync' | 'plan' = 'sync', policy: Partial<DeletionPolicy> = {}) {
  const change = (configuration: Configuration): Configuration => ({
    ...configuration,
    links: configuration.links.map((one) => ({
      ...one,
      name: link,
      policy: { ...one.policy, deletions: { ...one.policy.deletions, ...POLICY, ...policy } },
    })),
  });
  return await reconcile({
    options: { primary: primary.url, secondary: [secondary.url] },
    work: { command },
    store: command === 'plan' ? new ReadOnlyStateStore(state.store) : state.store,
    change,
  });
}

/** Tags that both sides have and a cycle has seen; the primary loses those in `gone` after that. */
async function replicated(
  repository: string,
  kept: readonly string[],
  gone: readonly string[],
): Promise<void> {
  for (const tag of [...kept, ...gone]) seed(primary.storage, repository, ociImage(tag), tag);
  await cycle();
  for (const tag of gone) primary.storage.deleteTag(repository, tag);
}

async function plans(planState: HeldPlanState): Promise<readonly HeldPlanRecord[]> {
  return await stores.heldPlans.page({ state: planState, link, after: null, limit: 100 });
}

async function onlyPlan(planState: HeldPlanState = 'held'): Promise<HeldPlanRecord> {
  const [plan, ...others] = await plans(planState);
  expect(others).toEqual([]);
  return plan!;
}

async function decide(verdict: 'approved' | 'rejected', hash: string): Promise<void> {
  const decision = { hash, verdict, by: 'ops', reason: 'looked at it' };
  expect(await stores.heldPlans.decide(decision)).toMatchObject({ kind: 'decided' });
}

function tagsOf(repository: string = APP): string[] {
  return [...secondary.storage.tags(repository).keys()].sort();
}

function deletes(): number {
  return secondary.history.count({ operation: 'delete-tag' });
}

function messages(report: CycleReport): (string | null)[] {
  return stepsOf(report).map(({ message }) => message);
}

describe('a plan over budget', () => {
  it('is held under a hash, deletes all of it once approved, and is done then', async () => {
    await replicated(APP, ['v1', 'v2', 'v3', 'v4', 'v5'], ['old-1', 'old-2']);

    const held = await cycle();
    const plan = await onlyPlan();
    const again = await cycle();
    expect(stepLines(held)).toEqual([
      'delete-orphan-tag old-1 held OVER_BUDGET',
      'delete-orphan-tag old-2 held OVER_BUDGET',
    ]);
    expect(plan).toMatchObject({
      link,
      repository: APP,
      primaryRepository: APP,
      items: [{ tag: 'old-1' }, { tag: 'old-2' }],
    });
    expect([again.outcome, (await onlyPlan()).hash, deletes()]).toEqual(['held', plan.hash, 0]);

    await decide('approved', plan.hash);
    const approved = await cycle();

    expect(stepLines(approved)).toEqual(['delete-orphan-tag old-1 done', 'delete-orphan-tag old-2 done']);
    expect(tagsOf()).toEqual(['v1', 'v2', 'v3', 'v4', 'v5']);
    expect(await onlyPlan('executed')).toMatchObject({ hash: plan.hash, result: { deleted: 2 } });
    expect((await cycle()).outcome).toBe('in-sync');
  });

  it('counts for nothing when its content has changed since', async () => {
    await replicated(APP, ['v1', 'v2', 'v3', 'v4', 'v5', 'v6'], ['old-1', 'old-2']);
    await cycle();
    const { hash } = await onlyPlan();
    await decide('approved', hash);
    primary.storage.deleteTag(APP, 'v6');

    const report = await cycle();

    expect([report.outcome, deletes()]).toEqual(['held', 0]);
    expect(await onlyPlan('superseded')).toMatchObject({ hash });
    expect((await onlyPlan()).items.map(({ tag }) => tag)).toEqual(['old-1', 'old-2', 'v6']);
  });

  it('counts for nothing when a tag of it stands for something else since', async () => {
    await replicated(APP, ['v1', 'v2', 'v3'], ['old-1', 'old-2', 'old-3']);
    await cycle();
    await decide('approved', (await onlyPlan()).hash);
    seed(secondary.storage, APP, ociImage('pushed over it'), 'old-1');

    const report = await cycle();

    expect([report.outcome, deletes()]).toEqual(['held', 0]);
  });

  it('that is rejected stays so, and every held tag says by whom', async () => {
    await replicated(APP, ['v1', 'v2', 'v3'], ['old-1', 'old-2']);
    await cycle();
    const { hash } = await onlyPlan();
    await decide('rejected', hash);

    const report = await cycle();

    expect(messages(report)).toEqual([
      expect.stringMatching(/would be deleted.*; rejected by ops at 20.*Z: looked at it$/),
      expect.stringContaining('rejected by ops'),
    ]);
    expect([await plans('held'), (await onlyPlan('rejected')).hash, deletes()]).toEqual([[], hash, 0]);
    await decide('approved', hash);
    expect((await cycle()).outcome).toBe('in-sync');
  });

  it('is left as it is where something comes first that no approval overrides', async () => {
    await replicated(APP, ['v1', 'v2', 'v3'], ['old-1', 'old-2']);
    await cycle();
    const { hash } = await onlyPlan();
    await decide('approved', hash);
    const broken = ociImage('broken');
    seed(primary.storage, APP, broken, 'v4');
    primary.storage.deleteBlob(APP, broken.blobs[0]!.digest);

    const report = await cycle();
    expect(stepLines(report)).toContain('delete-orphan-tag old-1 held COPY_FAILED');
    expect([(await onlyPlan('approved')).hash, deletes()]).toEqual([hash, 0]);
    seed(primary.storage, APP, broken, 'v4');
    await cycle();
    expect(await onlyPlan('executed')).toMatchObject({ hash, result: { deleted: 2 } });
  });

  it('is withdrawn when the primary has its tags again', async () => {
    await replicated(APP, ['v1', 'v2', 'v3'], ['old-1', 'old-2']);
    await cycle();
    const { hash } = await onlyPlan();
    for (const tag of ['old-1', 'old-2']) seed(primary.storage, APP, ociImage(tag), tag);

    expect((await cycle()).outcome).toBe('in-sync');
    expect(await onlyPlan('withdrawn')).toMatchObject({ hash, result: null });
  });

  it('is shown by a plan, which writes nothing', async () => {
    await replicated(APP, ['v1', 'v2', 'v3'], ['old-1', 'old-2']);

    expect((await cycle('plan')).outcome).toBe('held');
    expect(await plans('held')).toEqual([]);
    await cycle();
    await decide('approved', (await onlyPlan()).hash);
    expect(stepLines(await cycle('plan'))).toEqual([
      'delete-orphan-tag old-1 planned',
      'delete-orphan-tag old-2 planned',
    ]);
    expect(await onlyPlan('approved')).toMatchObject({ endedAt: null });
  });
});

describe('a limit of the cycle', () => {
  const LIMITS = { perRepository: { kind: 'count', n: 9 }, perCycle: 2 } as const;

  beforeEach(async () => {
    const kept = ['v1', 'v2', 'v3', 'v4'];
    await replicated(APP, kept, ['old-1', 'old-2']);
    await replicated(OTHER, kept, ['old-1']);
    // The second one's cycle has held the first one's orphans already.
    await cycle('sync', LIMITS);
  });

  it('holds every repository in a plan of its own, and an approval of one lets that one go', async () => {
    expect((await plans('held')).map(({ repository }) => repository).sort()).toEqual([APP, OTHER]);
    await decide('approved', (await plans('held')).find(({ repository }) => repository === APP)!.hash);

    const report = await cycle('sync', LIMITS);

    expect([tagsOf(APP), tagsOf(OTHER)]).toEqual([
      ['v1', 'v2', 'v3', 'v4'],
      ['old-1', 'v1', 'v2', 'v3', 'v4'],
    ]);
    expect(report.outcome).toBe('held');
    expect(await onlyPlan('executed')).toMatchObject({ repository: APP });
    expect((await cycle('sync', LIMITS)).outcome).toBe('in-sync');
  });
});

describe('an approval', () => {
  it.each([
    { reason: 'FIRST_CYCLE', policy: {}, cycles: 1 },
    { reason: 'FOREIGN_TAG', policy: {}, cycles: 2 },
    {
      reason: 'TOO_FEW_OBSERVATIONS',
      policy: { minObservations: 9, adoptForeign: true },
      cycles: 2,
    },
  ] as const)('overrides $reason', async ({ reason, policy, cycles }) => {
    seed(primary.storage, APP, ociImage('v1'), 'v1');
    seed(secondary.storage, APP, ociImage('foreign'), 'foreign');
    const reports: CycleReport[] = [];
    for (let count = 0; count < cycles; count++) reports.push(await cycle('sync', policy));
    expect(stepLines(reports.at(-1)!)).toContain(`delete-orphan-tag foreign held ${reason}`);

    await decide('approved', (await onlyPlan()).hash);
    const report = await cycle('sync', policy);

    expect(stepLines(report)).toEqual(['delete-orphan-tag foreign done']);
  });

  it('does not override a freeze, which says who froze and why', async () => {
    await replicated(APP, ['v1', 'v2', 'v3'], ['old-1', 'old-2']);
    await cycle();
    const { hash } = await onlyPlan();
    await decide('approved', hash);
    await stores.freezes.freeze({ secondary: null, by: 'night shift', reason: 'storage is odd' });

    const report = await cycle();

    expect(stepLines(report)).toEqual([
      'delete-orphan-tag old-1 held FROZEN',
      'delete-orphan-tag old-2 held FROZEN',
    ]);
    expect(messages(report)[0]).toMatch(/^deletions are frozen by night shift at 20.*Z: storage is odd$/);
    expect([deletes(), (await onlyPlan('approved')).hash]).toEqual([0, hash]);
    await stores.freezes.unfreeze(null);
    expect((await cycle()).outcome).toBe('in-sync');
  });
});

describe('a freeze', () => {
  it('in the middle of a batch lets the deletion that is being sent be the last', async () => {
    const gone = ['old-1', 'old-2', 'old-3', 'old-4'];
    await replicated(APP, ['v1', 'v2', 'v3', 'v4', 'v5'], gone);
    let release = (): void => undefined;
    const until = new Promise<void>((resolve) => (release = resolve));
    secondary.faults.add({ operation: 'delete-tag', times: 1, fault: { kind: 'hold', until } });

    const running = cycle('sync', { perRepository: { kind: 'count', n: 9 } });
    await begunDeletion();
    await stores.freezes.freeze({ secondary: null, by: 'ops', reason: null });
    release();
    const report = await running;

    expect(stepLines(report)).toEqual([
      'delete-orphan-tag old-1 done',
      'delete-orphan-tag old-2 held FROZEN',
      'delete-orphan-tag old-3 held FROZEN',
      'delete-orphan-tag old-4 held FROZEN',
    ]);
    expect([deletes(), tagsOf().length]).toEqual([1, 8]);
  });
});

/** Resolves when a deletion is in the journal, and so as good as sent. */
async function begunDeletion(): Promise<void> {
  const page = { end: 'unfinished', link, after: null, limit: 1 } as const;
  while ((await stores.views.deletions.page(page)).length === 0) await sleep(10);
}

describe('a tag that was put back', () => {
  it('is not deleted again by any cycle, until an approval lets it go', async () => {
    await replicated(APP, ['v1', 'v2', 'v3'], ['old-1']);
    await cycle();
    expect(tagsOf()).toEqual(['v1', 'v2', 'v3']);
    const [view] = await stores.views.deletions.page({ end: 'done', link, after: null, limit: 9 });
    const { id, tag, secondaryDigest, ...place } = view!.deletion;
    await stores.restores.ask({ ...place, deletionId: id, tag, digest: secondaryDigest!, by: 'ops' });
    await stores.restores.end(id, { state: 'done', content: 'secondary', detail: 'put back' });
    seed(secondary.storage, APP, ociImage('old-1'), 'old-1');

    for (const adoptForeign of [false, true, true]) {
      const report = await cycle('sync', { adoptForeign });
      expect(stepLines(report)).toEqual(['delete-orphan-tag old-1 held FOREIGN_TAG']);
      expect(messages(report)[0]).toContain('put back');
    }
    await decide('approved', (await onlyPlan()).hash);
    expect(stepLines(await cycle())).toEqual(['delete-orphan-tag old-1 done']);
    expect(await stores.restores.load(id)).toMatchObject({ state: 'released' });
  });
});
