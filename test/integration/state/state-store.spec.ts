import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isTag, parseRepositoryName, parseTag } from '../../../src/oci/reference.ts';
import { REASON_CODES } from '../../../src/planning/reason-code.ts';
import type { RepositoryKey, RepositoryUpdate, TagRecord } from '../../../src/planning/repository-memory.ts';
import { MemoryStateStore } from '../../../src/state/memory-state.store.ts';
import { openState } from '../../../src/state/open-state.ts';
import type { StateStore } from '../../../src/state/state-store.ts';
import type { Clock } from '../../../src/time/clock.ts';
import { Secret } from '../../../src/config/secret.ts';
import { startPostgres, type PostgresHarness } from '../../databases/postgres-harness.ts';
import {
  cycleReport,
  deletionEntry,
  digestOfText,
  KEY,
  linkReport,
  repositoryRecord,
  stepOutcome,
  tagRecord,
} from './state-samples.ts';
import { SteppingClock } from './stepping-clock.ts';

let postgres: PostgresHarness;

beforeAll(async () => {
  postgres = await startPostgres();
});

afterAll(() => postgres.stop());

const KINDS: readonly { readonly kind: string; readonly make: (clock: Clock) => Promise<StateStore> }[] = [
  { kind: 'in memory', make: (clock) => Promise.resolve(new MemoryStateStore(clock)) },
  {
    kind: 'in PostgreSQL',
    make: async (clock) => {
      const url = new Secret(await postgres.freshDatabase());
      return (await openState({ kind: 'postgres', url }, 'read-write', () => undefined, clock)).store;
    },
  },
];

function update(change: Partial<RepositoryUpdate> = {}): RepositoryUpdate {
  return { repository: repositoryRecord(), changedTags: [], forgottenTags: [], ...change };
}

describe.each(KINDS)('a state store $kind', ({ make }) => {
  let store: StateStore;
  const clock = new SteppingClock();

  beforeAll(async () => {
    store = await make(clock);
  });

  afterAll(() => store.close());

  /** A repository that no other spec has written. */
  let repositories = 0;
  const freshKey = () => ({ ...KEY, primaryRepository: parseRepositoryName(`team/app-${++repositories}`) });

  const tagsOf = async (key: RepositoryKey) => [...((await store.loadRepository(key))?.tags.values() ?? [])];

  it('knows nothing of a repository before its first cycle', async () => {
    expect(await store.loadRepository(freshKey())).toBeUndefined();
  });

  it('returns a repository as it was saved', async () => {
    const key = freshKey();
    const tags = [
      tagRecord('v1'),
      tagRecord('v2', { state: 'missing', secondaryDigest: null, reason: 'TIMEOUT' }),
    ];

    await store.saveRepository(key, update({ changedTags: tags }));

    expect(await store.loadRepository(key)).toEqual({
      repository: repositoryRecord(),
      tags: new Map(tags.map((record) => [record.tag, record])),
    });
  });

  it('replaces the record of a repository and keeps tags that did not change', async () => {
    const key = freshKey();
    await store.saveRepository(key, update({ changedTags: [tagRecord('v1')] }));
    const later = repositoryRecord({ completedCycles: 4, reason: null, message: null, outcome: 'in-sync' });

    await store.saveRepository(key, update({ repository: later }));

    expect((await store.loadRepository(key))?.repository).toEqual(later);
    expect(await tagsOf(key)).toEqual([tagRecord('v1')]);
  });

  it('changes and forgets tags, and keeps a tag that is in both lists', async () => {
    const key = freshKey();
    await store.saveRepository(key, update({ changedTags: [tagRecord('gone'), tagRecord('both')] }));
    const both = tagRecord('both', { state: 'orphan', orphanObservations: 2 });

    await store.saveRepository(
      key,
      update({
        changedTags: [both],
        forgottenTags: [parseTag('gone'), parseTag('both'), parseTag('never-there')],
      }),
    );

    expect(await tagsOf(key)).toEqual([both]);
  });

  it('takes the last of two records of one tag', async () => {
    const key = freshKey();
    const last = tagRecord('v1', { state: 'failed' });

    await store.saveRepository(key, update({ changedTags: [tagRecord('v1'), last] }));

    expect((await store.loadRepository(key))?.tags.get(last.tag)).toEqual(last);
  });

  it('knows which repositories of a secondary have tags left, and which of them the primary has none of', async () => {
    const of = { link: 'known', secondary: 'us' };
    const save = (name: string, key: Partial<RepositoryKey>, tags: readonly TagRecord[]): Promise<void> =>
      store.saveRepository(
        { ...of, primaryRepository: parseRepositoryName(name), ...key },
        update({ changedTags: tags }),
      );
    const orphan = tagRecord('v1', { state: 'held', primaryDigest: null, orphanSince: new Date(0) });
    const missing = tagRecord('v2', { state: 'missing', secondaryDigest: null });
    await save('team/whole', {}, [tagRecord('v1')]);
    await save('team/in-part', {}, [orphan, missing]);
    await save('team/gone', {}, [orphan]);
    await save('team/empty', {}, []);
    await save('team/elsewhere', { secondary: 'ap' }, [tagRecord('v1')]);
    await save('team/of-another', { link: 'other' }, [tagRecord('v1')]);

    const known = await store.knownRepositories(of.link, of.secondary);

    expect(known.toSorted((a, b) => a.name.localeCompare(b.name))).toEqual([
      { name: 'team/gone', onPrimary: 'gone' },
      { name: 'team/in-part', onPrimary: 'tagged' },
      { name: 'team/whole', onPrimary: 'tagged' },
    ]);
    const otherTag = (name: string, key: Partial<RepositoryKey> = {}) =>
      store.findOtherTag({ ...of, primaryRepository: parseRepositoryName(name), ...key });
    expect(await otherTag('team/gone')).toMatchObject({ repository: 'team/whole', tag: 'v1' });
    expect(await otherTag('team/whole')).toBeUndefined();
    expect(await otherTag('team/whole', { secondary: 'ap' })).toMatchObject({
      repository: 'team/elsewhere',
      tag: 'v1',
    });
    expect(await otherTag('team/elsewhere', { secondary: 'ap' })).toBeUndefined();
    expect(await store.knownRepositories('unknown', of.secondary)).toEqual([]);
  });

  it.each([
    { title: 'link', other: { link: 'other' } },
    { title: 'secondary', other: { secondary: 'other' } },
    { title: 'repository', other: { primaryRepository: parseRepositoryName('other') } },
  ])('keeps what differs by its $title apart', async ({ other }) => {
    const key = freshKey();
    await store.saveRepository(key, update({ changedTags: [tagRecord('v1')] }));

    await store.saveRepository({ ...key, ...other }, update({ changedTags: [tagRecord('v2')] }));

    expect(await tagsOf(key)).toEqual([tagRecord('v1')]);
  });

  it('saves the same twice as once', async () => {
    const key = freshKey();
    const once = update({ changedTags: [tagRecord('v1')], forgottenTags: [parseTag('v0')] });

    await store.saveRepository(key, once);
    const first = await store.loadRepository(key);
    await store.saveRepository(key, once);

    expect(await store.loadRepository(key)).toEqual(first);
  });

  it('takes twelve thousand tags, with names that mean something to JavaScript, in one save', async () => {
    const key = freshKey();
    const names = ['__proto__', 'constructor', 'V1', 'v1', 'a'.repeat(128)];
    const many = Array.from({ length: 12_000 }, (_, index) => `tag-${index}`);
    const changedTags = [...names, ...many].map((name) => tagRecord(name));

    await store.saveRepository(key, update({ changedTags }));
    const saved = await store.loadRepository(key);
    await store.saveRepository(key, update({ forgottenTags: many.map(parseTag) }));
    const kept = await tagsOf(key);

    expect(saved?.tags.size).toBe(12_005);
    expect(saved?.tags.get(parseTag('__proto__'))).toEqual(tagRecord('__proto__'));
    expect(kept.map(({ tag }) => tag).sort()).toEqual([...names].sort());
  });

  it('returns whatever records a cycle can write', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(anyTagRecord(), { selector: ({ tag }) => tag, maxLength: 20 }),
        async (tags) => {
          const key = freshKey();
          await store.saveRepository(key, update({ changedTags: tags }));

          const expected = new Map(
            tags.map((record) => [record.tag, { ...record, message: withoutNul(record.message) }]),
          );
          expect((await store.loadRepository(key))?.tags).toEqual(expected);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('drops NUL characters and cuts a text at 8 KiB', async () => {
    const key = freshKey();
    const repository = repositoryRecord({ message: `a\0b${'é'.repeat(10_000)}` });

    await store.saveRepository(
      key,
      update({ repository, changedTags: [tagRecord('v1', { message: '\0' })] }),
    );

    const memory = await store.loadRepository(key);
    // 2 bytes of `ab`, 4093 of two bytes each, one that does not fit any more, and 3 of the ellipsis.
    expect(memory?.repository.message).toBe(`ab${'é'.repeat(4093)}…`);
    expect(memory?.tags.get(parseTag('v1'))?.message).toBe('');
  });

  describe('and its cycles', () => {
    const started = {
      command: 'sync',
      startedAt: new Date('2026-11-20T10:00:00Z'),
      links: ['eu-to-us', 'idle'],
    } as const;

    it('knows nothing of a cycle that never started', async () => {
      expect(await store.loadCycle('never')).toBeUndefined();
    });

    it('shows a cycle that runs without an end', async () => {
      await store.cycleStarted({ ...started, cycleId: 'running' });
      await store.cycleStarted({ ...started, cycleId: 'running' });

      expect(await store.loadCycle('running')).toEqual({
        ...started,
        cycleId: 'running',
        finishedAt: null,
        outcome: null,
        secondaries: [],
      });
    });

    it('keeps outcome, totals and what did not go through', async () => {
      const steps = [
        stepOutcome('done'),
        stepOutcome('ignored', { kind: 'skip-tag', outcome: 'skipped', reason: 'FILTERED_TAG' }),
        stepOutcome('broken', { outcome: 'failed', reason: 'TIMEOUT', message: 'slow\0' }),
      ];
      const failure = { side: 'secondary', reason: 'NETWORK', message: 'refused\0' } as const;
      const links = [linkReport(steps), linkReport([], { secondary: 'asia', outcome: 'failed', failure })];
      await store.cycleStarted({ ...started, cycleId: 'ended' });

      await store.cycleFinished(cycleReport('ended', links));
      await store.cycleFinished(cycleReport('ended', links));

      expect(await store.loadCycle('ended')).toEqual({
        ...started,
        cycleId: 'ended',
        finishedAt: new Date('2026-11-20T10:00:07.500Z'),
        outcome: 'partial',
        secondaries: [
          {
            link: 'eu-to-us',
            primary: 'eu',
            secondary: 'us',
            outcome: 'partial',
            failure: null,
            totals: linkReport([]).totals,
            steps: [
              { primaryRepository: 'team/app', ...steps[2], message: 'slow' },
              { primaryRepository: 'team/app', ...steps[0] },
            ],
            stepsLeftOut: 0,
            repositories: [
              {
                primaryRepository: 'team/app',
                secondaryRepository: 'mirror/team/app',
                outcome: 'partial',
                failure: null,
              },
            ],
            repositoriesLeftOut: 0,
          },
          expect.objectContaining({
            secondary: 'asia',
            failure: { ...failure, message: 'refused' },
            steps: [],
          }),
        ],
      });
    });

    it('writes the end of a cycle down whose beginning never was', async () => {
      await store.cycleFinished(cycleReport('unannounced', [linkReport([])]));

      expect(await store.loadCycle('unannounced')).toMatchObject({ links: ['eu-to-us'], outcome: 'partial' });
    });

    it('keeps the step about an entry that is no tag', async () => {
      const entry = stepOutcome('broken', { outcome: 'failed', reason: 'NAME_INVALID', tag: '<no tag>\0' });

      await store.cycleFinished(cycleReport('odd', [linkReport([entry])]));

      const kept = (await store.loadCycle('odd'))?.secondaries[0];
      expect(kept?.steps).toMatchObject([{ tag: '<no tag>', reason: 'NAME_INVALID' }]);
    });

    it('keeps two hundred repositories that are not in sync, what failed first, and counts the others', async () => {
      const [sample] = linkReport([]).repositories;
      const failure = { side: 'primary', reason: 'TIMEOUT', message: 'x'.repeat(5000) } as const;
      const repositories = Array.from({ length: 300 }, (_, index) => ({
        ...sample!,
        primaryRepository: `team/app-${index}`,
        outcome: index === 299 ? ('failed' as const) : index < 10 ? ('in-sync' as const) : ('held' as const),
        failure: index === 299 ? failure : null,
      }));

      await store.cycleFinished(cycleReport('wide', [linkReport([], { repositories })]));

      const kept = (await store.loadCycle('wide'))?.secondaries[0];
      expect(kept?.repositories).toHaveLength(200);
      expect(kept?.repositoriesLeftOut).toBe(100);
      expect(kept?.repositories[0]).toMatchObject({
        primaryRepository: 'team/app-299',
        failure: { message: `${'x'.repeat(1021)}…` },
      });
    });

    it('keeps two hundred steps of a link, failures first, and counts the others', async () => {
      const done = Array.from({ length: 300 }, (_, index) => stepOutcome(`done-${index}`));
      const failed = stepOutcome('broken', {
        outcome: 'failed',
        reason: 'TIMEOUT',
        message: 'x'.repeat(5000),
      });

      await store.cycleFinished(cycleReport('large', [linkReport([...done, failed])]));

      const kept = (await store.loadCycle('large'))?.secondaries[0];
      expect(kept?.steps).toHaveLength(200);
      expect(kept?.stepsLeftOut).toBe(101);
      expect(kept?.steps[0]).toMatchObject({ tag: 'broken', message: `${'x'.repeat(1021)}…` });
    });
  });

  describe('and its deletions', () => {
    let entries = 0;
    const freshEntry = () => {
      const repository = parseRepositoryName(`mirror/app-${++entries}`);
      return deletionEntry(`deletion-${entries}`, { repository });
    };
    const unfinished = (repository: string) =>
      store.unfinishedDeletions(KEY.link, KEY.secondary, parseRepositoryName(repository));

    it('returns a deletion that was started as it was written', async () => {
      const tombstone = { method: 'tombstone', tombstoneDigest: digestOfText('tombstone') } as const;
      const entry = { ...freshEntry(), ...tombstone };

      await store.deletionStarted(entry);
      const [first] = await unfinished(entry.repository);
      await store.deletionStarted({ ...entry, tag: parseTag('ignored') });

      expect(first).toEqual({
        ...entry,
        state: 'started',
        detail: null,
        startedAt: expect.any(Date),
        advancedAt: first?.startedAt,
      });
      expect(await unfinished(entry.repository)).toEqual([first]);
    });

    it('lists unfinished ones of that repository only, oldest first', async () => {
      const entry = freshEntry();
      const second = { ...entry, id: `${entry.id}-a`, tag: parseTag('second') };
      await store.deletionStarted(entry);
      await store.deletionStarted(second);
      await store.deletionStarted(freshEntry());
      await store.deletionStarted({ ...entry, id: `${entry.id}-b`, link: 'other' });
      await store.deletionStarted({ ...entry, id: `${entry.id}-c`, secondary: 'other' });

      expect((await unfinished(entry.repository)).map(({ id }) => id)).toEqual([entry.id, second.id]);
    });

    it.each(['verified', 'failed'] as const)(
      'forgets a deletion as unfinished when it is %s',
      async (state) => {
        const entry = freshEntry();
        await store.deletionStarted(entry);

        await store.deletionAdvanced(entry.id, state);
        await store.deletionAdvanced(entry.id, 'deleted', 'late');

        expect(await unfinished(entry.repository)).toEqual([]);
      },
    );

    it('moves a deletion on and never back', async () => {
      const entry = freshEntry();
      await store.deletionStarted(entry);

      await store.deletionAdvanced(entry.id, 'tombstone-put', 'put');
      await store.deletionAdvanced(entry.id, 'deleted');
      await store.deletionAdvanced(entry.id, 'tombstone-put', 'late');

      const [record] = await unfinished(entry.repository);
      expect(record).toMatchObject({ state: 'deleted', detail: 'put' });
      expect(record!.advancedAt.getTime()).toBeGreaterThan(record!.startedAt.getTime());
    });

    it('refuses to move a deletion that was never started', async () => {
      await expect(store.deletionAdvanced('never', 'deleted')).rejects.toMatchObject({
        name: 'StateError',
        code: 'NOT_FOUND',
      });
    });

    it('takes evidence and details of any content and size', async () => {
      const entry = {
        ...freshEntry(),
        evidence: { 'a\0': ['\0b', '\ud800'], __proto__x: { deep: [true, null, 1.5] } },
      };
      const large = { ...freshEntry(), evidence: Array.from({ length: 10_000 }, () => 'evidence') };
      await store.deletionStarted(entry);
      await store.deletionStarted(large);
      await store.deletionAdvanced(entry.id, 'deleted', `\0${'x'.repeat(10_000)}`);

      const [record] = await unfinished(entry.repository);
      expect(record?.evidence).toEqual({ a: ['b', '\ufffd'], __proto__x: { deep: [true, null, 1.5] } });
      expect(record?.detail).toBe(`${'x'.repeat(8189)}…`);
      expect((await unfinished(large.repository))[0]?.evidence).toEqual({
        truncated: expect.stringMatching(/^\["ev/),
      });
    });
  });

  describe('and what registries do', () => {
    const us = { name: 'us', origin: 'http://us.example' };
    const DAY_SECONDS = 24 * 3600;

    it('knows nothing of a registry that nobody has tried', async () => {
      expect(await store.loadCapabilities({ ...us, name: 'untried' })).toEqual(new Map());
    });

    it('keeps what was learnt last', async () => {
      await store.saveCapabilities(
        us,
        new Map([
          ['tagDelete', 'works'],
          ['mount', 'refused'],
        ]),
      );
      await store.saveCapabilities(us, new Map([['tagDelete', 'refused']]));

      expect(await store.loadCapabilities(us)).toEqual(
        new Map([
          ['tagDelete', 'refused'],
          ['mount', 'refused'],
        ]),
      );
    });

    it('forgets it where the registry is at another address', async () => {
      const moved = { ...us, name: 'moved' };
      await store.saveCapabilities(moved, new Map([['tagDelete', 'refused']]));
      const elsewhere = { ...moved, origin: 'https://us.example' };

      expect(await store.loadCapabilities(elsewhere)).toEqual(new Map());
      await store.saveCapabilities(elsewhere, new Map([['tagDelete', 'works']]));
      expect(await store.loadCapabilities(elsewhere)).toEqual(new Map([['tagDelete', 'works']]));
      expect(await store.loadCapabilities(moved)).toEqual(new Map());
    });

    it('forgets it after a day', async () => {
      const aging = { ...us, name: 'aging' };
      await store.saveCapabilities(aging, new Map([['mount', 'works']]));

      clock.pass(DAY_SECONDS - 10);
      expect(await store.loadCapabilities(aging)).toEqual(new Map([['mount', 'works']]));
      clock.pass(20);
      expect(await store.loadCapabilities(aging)).toEqual(new Map());
    });

    it('keeps the first word that stopped deletions', async () => {
      await store.freezeDeletions({ secondary: 'us', by: 'geo-reconciler', reason: 'harm' });
      await store.freezeDeletions({ secondary: 'us', by: 'somebody', reason: null });

      expect(await store.loadFreeze('us')).toMatchObject({ by: 'geo-reconciler', reason: 'harm' });
      expect(await store.loadFreeze('asia')).toBeUndefined();
    });
  });

  describe('of creation times', () => {
    const [dated, silent, unknown] = ['dated', 'silent', 'unknown'].map((text) => digestOfText(text));

    it('returns what was found out, also that content does not say, and leaves out what nobody looked into', async () => {
      const found = new Map([
        [dated!, new Date('2024-02-29T12:34:56.789Z')],
        [silent!, null],
      ]);
      await store.saveCreationTimes(found, []);
      // Said again, as by a caller that did not hear the answer, and by another one.
      await store.saveCreationTimes(found, [dated!]);

      expect(await store.loadCreationTimes([dated!, unknown!, silent!])).toEqual(found);
      expect(await store.loadCreationTimes([])).toEqual(new Map());
    });

    it('takes those of a whole repository at once, and the last moment that can be written', async () => {
      const many = new Map(
        Array.from({ length: 20_000 }, (_, index) => [
          digestOfText(`many ${index}`),
          new Date(index === 0 ? '9999-12-31T23:59:59.999Z' : index),
        ]),
      );
      await store.saveCreationTimes(many, []);
      expect(await store.loadCreationTimes([...many.keys()])).toEqual(many);
    });
  });

  it('refuses everything once it is closed, and may be closed again', async () => {
    const other = await make(clock);

    await other.close();
    await other.close();

    await expect(other.loadRepository(KEY)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(other.saveRepository(KEY, update())).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});

function withoutNul(message: string | null): string | null {
  return message?.replaceAll('\0', '') ?? null;
}

function anyTagRecord(): fc.Arbitrary<TagRecord> {
  const digest = fc.option(fc.string().map(digestOfText));
  // PostgreSQL knows no year above 294276 and the driver writes none before Christ in ISO form.
  const date = fc.option(
    fc.date({ min: new Date('1970-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }),
  );
  return fc.record({
    tag: fc.stringMatching(/^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,20}$/).filter(isTag),
    state: fc.constantFrom('in_sync', 'missing', 'moved', 'orphan', 'held', 'failed'),
    primaryDigest: digest,
    secondaryDigest: digest,
    lastAppliedDigest: digest,
    reason: fc.option(fc.constantFrom(...REASON_CODES)),
    message: fc.option(fc.string({ unit: 'binary', maxLength: 40 })),
    firstSeenDifferentAt: date,
    orphanSince: date,
    orphanObservations: fc.nat(),
    inSyncSince: date,
    lastVerifiedAt: date,
    lastVerifiedDepth: fc.option(fc.constantFrom('tag', 'graph', 'content')),
    doubtedAt: date,
  });
}
