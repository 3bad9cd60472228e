import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { Secret } from '../../../src/config/secret.ts';
import { parseRepositoryName, parseTag } from '../../../src/oci/reference.ts';
import type { HeldPlan, HeldTag, WaitingPlan } from '../../../src/planning/held-plan.ts';
import type { PlanSettlement } from '../../../src/state/deletion-desk.ts';
import { MemoryStateStore } from '../../../src/state/memory-state.store.ts';
import { openState } from '../../../src/state/open-state.ts';
import type { OpenState } from '../../../src/state/opened-state.ts';
import { ReadOnlyStateStore } from '../../../src/state/read-only-state.store.ts';
import type { ServiceStores } from '../../../src/state/service-stores.ts';
import type { StateStore } from '../../../src/state/state-store.ts';
import { runStatement, startPostgres, type PostgresHarness } from '../../databases/postgres-harness.ts';
import { deletionEntry, digestOfText, repositoryRecord } from './state-samples.ts';
import { SteppingClock } from './stepping-clock.ts';

let postgres: PostgresHarness;
let url: string;
let state: OpenState;
let stores: ServiceStores;

beforeAll(async () => {
  postgres = await startPostgres();
  url = await postgres.freshDatabase();
  state = await openState({ kind: 'postgres', url: new Secret(url) }, 'read-write', () => undefined);
  stores = state.service!;
}, 60_000);

afterAll(async () => {
  await state.close();
  await postgres.stop();
});

/** A place that no other spec has written. */
let place: { link: string; secondary: string; repository: ReturnType<typeof parseRepositoryName> };

beforeEach(() => {
  place = {
    link: `link-${randomUUID()}`,
    secondary: 'us',
    repository: parseRepositoryName('mirror/team/app'),
  };
});

const NONE: WaitingPlan = { kind: 'nothing' };

function held(plan: HeldPlan): WaitingPlan {
  return { kind: 'held', plan };
}

const NOTHING = { deleted: 0, held: 0, failed: 0, skipped: 0 } as const;

function item(tag: string, change: Partial<HeldTag> = {}): HeldTag {
  const held = { reason: 'OVER_BUDGET', message: '6 of 12 tags would be deleted' } as const;
  return { tag: parseTag(tag), secondaryDigest: digestOfText(tag), ...held, ...change };
}

function settlement(change: Partial<PlanSettlement> = {}): PlanSettlement {
  return {
    ...place,
    primaryRepository: parseRepositoryName('team/app'),
    cycleId: 'cycle-1',
    waiting: NONE,
    executed: undefined,
    deletedTags: [],
    ...change,
  };
}

/** A hash that nobody else has. */
function planOf(...tags: string[]) {
  return { hash: `${place.link}/${tags.join('+')}`, items: tags.map((tag) => item(tag)) };
}

const KINDS: readonly { readonly kind: string; readonly store: () => StateStore }[] = [
  { kind: 'in memory', store: () => new MemoryStateStore(new SteppingClock()) },
  { kind: 'in PostgreSQL', store: () => state.store },
];

describe.each(KINDS)('held plans $kind', ({ store: make }) => {
  let store: StateStore;

  beforeAll(() => {
    store = make();
  });

  const openPlan = async () => (await store.loadDeletionDesk(place)).plan;

  it('are not there before a cycle held anything back', async () => {
    expect(await store.loadDeletionDesk(place)).toEqual({ plan: undefined, kept: [], freeze: undefined });
  });

  it('are as the cycle found them', async () => {
    await store.settleHeldPlan(settlement({ waiting: held(planOf('v1', 'v2')) }));

    expect(await openPlan()).toEqual({
      ...place,
      ...planOf('v1', 'v2'),
      id: expect.any(String),
      primaryRepository: 'team/app',
      cycleId: 'cycle-1',
      state: 'held',
      detail: null,
      heldAt: expect.any(Date),
      confirmedAt: expect.any(Date),
      decision: null,
      expiresAt: null,
      endedAt: null,
      result: null,
    });
  });

  it('stay the same while their content does, whatever the reasons are', async () => {
    await store.settleHeldPlan(settlement({ waiting: held(planOf('v1')) }));
    const first = await openPlan();
    const items = [item('v1', { reason: 'FIRST_CYCLE', message: 'the first' })];
    const waiting = held({ ...planOf('v1'), items });

    await store.settleHeldPlan(settlement({ cycleId: 'cycle-2', waiting }));
    await store.settleHeldPlan(settlement({ cycleId: 'cycle-2', waiting }));

    expect(await openPlan()).toEqual({
      ...first,
      items,
      cycleId: 'cycle-2',
      confirmedAt: expect.any(Date),
    });
  });

  it('give way to what a later cycle would delete', async () => {
    await store.settleHeldPlan(settlement({ waiting: held(planOf('v1')) }));
    const before = await openPlan();

    await store.settleHeldPlan(settlement({ waiting: held(planOf('v1', 'v2')) }));

    const after = await openPlan();
    expect(after).toMatchObject({ ...planOf('v1', 'v2'), state: 'held' });
    expect(after?.id).not.toBe(before?.id);
  });

  it('are withdrawn when nothing waits any more, and left alone where that cannot be said', async () => {
    await store.settleHeldPlan(settlement({ waiting: held(planOf('v1')) }));

    await store.settleHeldPlan(settlement({ waiting: { kind: 'unclear' } }));
    const unclear = await openPlan();
    await store.settleHeldPlan(settlement({ waiting: NONE }));

    expect(unclear?.hash).toBe(planOf('v1').hash);
    expect(await openPlan()).toBeUndefined();
  });

  it.each([{ other: { link: 'other' } }, { other: { secondary: 'asia' } }])(
    'of $other are another thing',
    async ({ other }) => {
      await store.settleHeldPlan(settlement({ waiting: held(planOf('v1')) }));
      await store.settleHeldPlan(settlement({ ...other, waiting: NONE }));

      expect(await openPlan()).toMatchObject(planOf('v1'));
    },
  );

  it('can be read where nothing may be written, and not be settled there', async () => {
    await store.settleHeldPlan(settlement({ waiting: held(planOf('v1')) }));
    const reader = new ReadOnlyStateStore(store);

    expect((await reader.loadDeletionDesk(place)).plan).toMatchObject(planOf('v1'));
    expect(await reader.loadFreeze('us')).toBeUndefined();
    await expect(reader.settleHeldPlan()).rejects.toMatchObject({ code: 'READ_ONLY' });
  });
});

describe('the decision about a held plan', () => {
  const decide = (verdict: 'approved' | 'rejected', hash: string, reason: string | null = null) =>
    stores.heldPlans.decide({ hash, verdict, by: 'ops', reason });

  async function hold(...tags: string[]): Promise<string> {
    await state.store.settleHeldPlan(settlement({ waiting: held(planOf(...tags)) }));
    return planOf(...tags).hash;
  }

  /** Lets the hour of every approval of this place run out. */
  async function runOut(): Promise<void> {
    await runStatement(
      url,
      `UPDATE held_plan SET expires_at = now() - interval '1 second' WHERE link = '${place.link}' AND state = 'approved'`,
    );
  }

  it('is unknown where the plan is', async () => {
    expect(await decide('approved', 'f00')).toEqual({ kind: 'unknown' });
    expect(await stores.heldPlans.load('f00')).toBeUndefined();
  });

  it.each(['approved', 'rejected'] as const)('is written down once: %s', async (verdict) => {
    const hash = await hold('v1');

    const first = await decide(verdict, hash, 'looked at all of them');
    const second = await stores.heldPlans.decide({ hash, verdict, by: 'somebody else', reason: null });

    expect(first).toMatchObject({
      kind: 'decided',
      plan: {
        state: verdict,
        decision: { by: 'ops', at: expect.any(Date), reason: 'looked at all of them' },
      },
    });
    expect(second).toEqual(first);
    expect((await state.store.loadDeletionDesk(place)).plan).toMatchObject({ hash, state: verdict });
  });

  it('lives for an hour where it is an approval, and for ever where it is none', async () => {
    const hash = await hold('v1');
    const approved = await decide('approved', hash);
    const rejected = await decide('rejected', hash);

    const [at, until] =
      approved.kind === 'decided' ? [approved.plan.decision!.at, approved.plan.expiresAt!] : [];
    expect(until!.getTime() - at!.getTime()).toBe(3_600_000);
    expect(rejected).toMatchObject({ kind: 'decided', plan: { state: 'rejected', expiresAt: null } });
  });

  it('stays a rejection over any number of cycles that find the same, until they find something else', async () => {
    const hash = await hold('v1');
    await decide('rejected', hash, 'still needed');
    await hold('v1');
    const after = (await state.store.loadDeletionDesk(place)).plan;
    await hold('v1', 'v2');

    expect(after).toMatchObject({ state: 'rejected', decision: { reason: 'still needed' } });
    expect((await state.store.loadDeletionDesk(place)).plan).toMatchObject({ state: 'held', decision: null });
    expect(await decide('approved', hash)).toMatchObject({
      kind: 'over',
      plan: { state: 'superseded', detail: expect.stringContaining(planOf('v1', 'v2').hash) },
    });
  });

  it('is over when an approval has run out, and can be made again when a cycle has held the same again', async () => {
    const hash = await hold('v1');
    await decide('approved', hash);
    await runOut();

    expect((await state.store.loadDeletionDesk(place)).plan).toBeUndefined();
    expect(await decide('approved', hash)).toMatchObject({ kind: 'over', plan: { state: 'expired' } });
    await hold('v1');
    expect(await decide('approved', hash)).toMatchObject({ kind: 'decided', plan: { state: 'approved' } });
  });

  it('is over when it was carried out, also where that took longer than the hour', async () => {
    const hash = await hold('v1', 'v2');
    await decide('approved', hash);
    const { id } = (await stores.heldPlans.load(hash))!;
    await runOut();
    const result = { ...NOTHING, deleted: 1, held: 1 };

    await state.store.settleHeldPlan(settlement({ executed: { id, result } }));

    expect(await decide('rejected', hash)).toMatchObject({
      kind: 'over',
      plan: { state: 'executed', result, detail: '1 deleted, 1 held back', endedAt: expect.any(Date) },
    });
  });

  it('is carried out where the gate let all tags go by itself', async () => {
    const hash = await hold('v1');
    await decide('approved', hash);

    await state.store.settleHeldPlan(settlement({ deletedTags: [parseTag('v1')] }));

    expect(await stores.heldPlans.load(hash)).toMatchObject({ state: 'executed', result: { deleted: 1 } });
  });

  it('lists plans of a state, newest first, page by page, and of one link', async () => {
    const repositories = ['a', 'b', 'c'].map(parseRepositoryName);
    for (const repository of repositories)
      await state.store.settleHeldPlan({ ...settlement({ waiting: held(planOf(repository)) }), repository });

    const ask = { state: 'held', link: place.link, limit: 2 } as const;
    const first = await stores.heldPlans.page({ ...ask, after: null });
    const second = await stores.heldPlans.page({ ...ask, after: first.at(-1)!.id });

    expect([...first, ...second].map(({ repository }) => repository)).toEqual(['c', 'b', 'a']);
    expect(await stores.heldPlans.page({ ...ask, link: 'other', after: null })).toEqual([]);
    expect(await stores.heldPlans.page({ ...ask, state: 'executed', after: null })).toEqual([]);
  });
});

describe('a freeze', () => {
  const freezeOf = async () => (await state.store.loadDeletionDesk(place)).freeze;

  it('holds for one secondary or for all, for every store on the database', async () => {
    await stores.freezes.freeze({ secondary: 'asia', by: 'ops', reason: null });
    const elsewhere = await freezeOf();
    await stores.freezes.freeze({ secondary: null, by: 'ops', reason: 'something is wrong' });

    expect(elsewhere).toBeUndefined();
    expect(await freezeOf()).toEqual({
      secondary: null,
      by: 'ops',
      at: expect.any(Date),
      reason: 'something is wrong',
    });
    expect(await state.store.loadFreeze('us')).toEqual(await freezeOf());
    expect((await stores.freezes.all()).map(({ secondary }) => secondary)).toEqual([null, 'asia']);
    expect([await stores.freezes.unfreeze(null), await stores.freezes.unfreeze(null)]).toEqual([true, false]);
    expect(await state.store.loadFreeze('us')).toBeUndefined();
    expect(await state.store.loadFreeze('asia')).toMatchObject({ secondary: 'asia', by: 'ops' });
    await stores.freezes.unfreeze('asia');
    expect(await stores.freezes.all()).toEqual([]);
  });

  it('keeps the word of who was first', async () => {
    await stores.freezes.freeze({ secondary: 'us', by: 'first', reason: 'one' });
    await stores.freezes.freeze({ secondary: 'us', by: 'second', reason: 'two' });

    expect(await freezeOf()).toMatchObject({ by: 'first', reason: 'one' });
    await stores.freezes.unfreeze('us');
  });
});

describe('a restore', () => {
  async function deleted(id: string = randomUUID()): Promise<string> {
    await state.store.deletionStarted(deletionEntry(id, place));
    await state.store.deletionAdvanced(id, 'verified');
    return id;
  }

  async function asked(): Promise<string> {
    const deletionId = await deleted();
    const wish = { ...place, deletionId, tag: parseTag('old'), digest: digestOfText('old'), by: 'ops' };
    await stores.restores.ask(wish);
    return deletionId;
  }

  const keptTags = async () => (await state.store.loadDeletionDesk(place)).kept.map(({ tag }) => tag);
  const endOf = async (id: string) => (await stores.views.deletions.load(id))?.end;
  const DONE = { state: 'done', content: 'secondary', detail: 'put back' } as const;

  it('keeps the tag from the wish on, and shows the deletion as restored when it is done', async () => {
    const id = await asked();
    const [before, waiting] = [await endOf(id), await stores.restores.waiting()];
    await stores.restores.end(id, DONE);
    await stores.restores.end(id, { ...DONE, state: 'refused' });

    expect([before, await endOf(id)]).toEqual(['done', 'restored']);
    expect(waiting.map(({ deletionId }) => deletionId)).toContain(id);
    expect(await keptTags()).toEqual(['old']);
    expect(await stores.restores.load(id)).toMatchObject({ ...DONE, askedBy: 'ops' });
  });

  it('keeps nothing that was refused, and can be asked for again', async () => {
    const id = await asked();
    await stores.restores.end(id, { state: 'refused', content: null, detail: 'nobody has the content' });
    expect([await keptTags(), await endOf(id)]).toEqual([[], 'done']);

    const digest = digestOfText('old');
    await stores.restores.ask({ ...place, deletionId: id, tag: parseTag('old'), digest, by: 'again' });
    expect(await stores.restores.load(id)).toMatchObject({ state: 'asked', askedBy: 'again', detail: null });
  });

  it('is over when a cycle has deleted the tag once more', async () => {
    const id = await asked();
    await stores.restores.end(id, DONE);

    await state.store.settleHeldPlan(settlement({ deletedTags: [parseTag('old')] }));

    expect([await keptTags(), await endOf(id)]).toEqual([[], 'done']);
  });

  it('finds deletions by how they ended, page by page', async () => {
    const ids: string[] = [];
    for (let count = 0; count < 3; count++) ids.push(await deleted());
    const failed = randomUUID();
    await state.store.deletionStarted(deletionEntry(failed, place));
    const open = { end: 'unfinished', link: place.link, after: null, limit: 9 } as const;
    expect((await stores.views.deletions.page(open)).map(({ deletion }) => deletion.id)).toEqual([failed]);
    await state.store.deletionAdvanced(failed, 'failed', 'refused');

    const ask = { end: 'done', link: place.link, limit: 2 } as const;
    const first = await stores.views.deletions.page({ ...ask, after: null });
    const second = await stores.views.deletions.page({ ...ask, after: first.at(-1)!.deletion.id });

    const found = [...first, ...second].map(({ deletion }) => deletion);
    // The clock of a process may give two of them the same millisecond.
    expect(found.map(({ id }) => id).sort()).toEqual(ids.sort());
    expect(found.map(({ startedAt }) => startedAt)).toEqual(
      found.map(({ startedAt }) => startedAt).sort((one, other) => other.getTime() - one.getTime()),
    );
    expect(await stores.views.deletions.page({ ...open, end: 'failed' })).toMatchObject([
      { deletion: { id: failed, detail: 'refused', evidence: { primary: 'unknown' } } },
    ]);
  });

  it('knows what a repository of the secondary is called on the primary', async () => {
    const key = {
      link: place.link,
      secondary: place.secondary,
      primaryRepository: parseRepositoryName('team/app'),
    };
    const unknown = await stores.views.deletions.primaryRepository(place);
    await state.store.saveRepository(key, {
      repository: repositoryRecord(),
      changedTags: [],
      forgottenTags: [],
    });

    expect([unknown, await stores.views.deletions.primaryRepository(place)]).toEqual([undefined, 'team/app']);
  });
});
