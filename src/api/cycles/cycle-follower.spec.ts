import { describe, expect, it } from '@jest/globals';
import { NO_TRANSFER, totalRepository } from '../../planning/report-totals.ts';
import { StateError } from '../../state/state-error.ts';
import type {
  CycleCounts,
  CycleView,
  CycleViewStore,
  EndPlace,
  RepositoryEnd,
} from '../../state/views/cycle-view.store.ts';
import { RequestClock } from '../http/request-clock.ts';
import type { CycleEvent } from './cycle-event.ts';
import { CycleFollower } from './cycle-follower.ts';
import { FIRST_PLACE, isBefore, placeOfEventId } from './event-place.ts';

const CYCLE: CycleView = {
  id: 'cycle-1',
  link: 'eu-to-us',
  cause: 'operator',
  work: { command: 'sync', mode: 'diff' },
  scope: { kind: 'all' },
  status: 'copying',
  requestedAt: new Date(1000),
  startedAt: new Date(2000),
  finishedAt: null,
  cancelledAt: null,
  dispatchedAt: null,
  listing: null,
  onlyFor: null,
  stages: { us: 'copying' },
  continuedIn: null,
  outcome: null,
  place: '1000000',
};

function endOf(
  repository: string,
  seconds: number,
  of: { copied?: number; secondary?: string } = {},
): RepositoryEnd {
  const { copied = 1, secondary = 'us' } = of;
  const totals = { ...totalRepository([], null, { inSync: 0, ignored: 0, transfer: NO_TRANSFER }), copied };
  return {
    repository,
    secondary,
    secondaryRepository: repository,
    phase: 'copy',
    place: String(seconds * 1_000_000),
    outcome: 'in-sync',
    failure: null,
    totals,
  };
}

/** Nobody waits. */
class HurriedClock extends RequestClock {
  override now(): Date {
    return new Date(0);
  }
  override monotonicSeconds(): number {
    return 0;
  }
  override sleep(): Promise<void> {
    return Promise.resolve();
  }
}

/** What the rows say at each look. */
interface Look {
  readonly cycle?: CycleView | undefined;
  readonly ends?: readonly RepositoryEnd[];
  readonly all?: number;
  readonly error?: Error;
}

function follow(
  looks: readonly Look[],
  after: EndPlace = FIRST_PLACE,
  signal = new AbortController().signal,
) {
  let current: Look = {};
  const left = [...looks];
  const answer = <Value>(value: Value): Promise<Value> => Promise.resolve(value);
  const views = {
    load: () => {
      current = left.shift() ?? { cycle: undefined };
      return current.error === undefined ? answer(current.cycle) : Promise.reject(current.error);
    },
    ends: (_id: string, from: EndPlace, limit: number) =>
      answer((current.ends ?? []).filter((end) => isBefore(from, end)).slice(0, limit)),
    counts: (): Promise<CycleCounts> =>
      answer({ repositories: current.all ?? 0, done: current.ends?.length ?? 0 }),
    linkEnds: () => answer([]),
  } as unknown as CycleViewStore;
  return new CycleFollower(views, new HurriedClock()).follow('cycle-1', after, signal);
}

async function collect(events: AsyncIterable<CycleEvent>): Promise<CycleEvent[]> {
  const all: CycleEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

function shortOf(events: readonly CycleEvent[]): string[] {
  return events.map((event) => {
    switch (event.type) {
      case 'status':
        return `status ${event.data.status}`;
      case 'repository':
        return `repository ${event.data.repository} ${event.data.secondary}`;
      case 'progress':
        return `progress ${event.data.done}/${event.data.repositories}`;
      case 'finished':
        return `finished ${String(event.data.outcome)}`;
    }
  });
}

const FINISHED: CycleView = { ...CYCLE, status: 'finished', outcome: 'in-sync' };

describe('following a cycle', () => {
  it('tells what changes, each thing once, and then its end', async () => {
    const [a, b] = [endOf('a', 10), endOf('b', 20)];
    const events = await collect(
      follow([
        { cycle: { ...CYCLE, status: 'waiting' } },
        { cycle: CYCLE, all: 2 },
        { cycle: CYCLE, all: 2, ends: [a] },
        { cycle: CYCLE, all: 2, ends: [a] },
        { cycle: FINISHED, all: 2, ends: [a, b] },
      ]),
    );

    expect(shortOf(events)).toEqual([
      'status waiting',
      'status copying',
      'progress 0/2',
      'repository a us',
      'progress 1/2',
      'status finished',
      'repository b us',
      'progress 2/2',
      'finished in-sync',
    ]);
  });

  it('misses nothing that was written down late, with an earlier time than what was seen', async () => {
    const [late, early] = [endOf('z', 15), endOf('a', 20)];
    const events = await collect(
      follow([
        { cycle: CYCLE, ends: [early] },
        { cycle: FINISHED, ends: [late, early] },
      ]),
    );

    expect(shortOf(events).filter((text) => text.startsWith('repository'))).toEqual([
      'repository a us',
      'repository z us',
    ]);
  });

  it('tells a repository again that was worked on again, and counts it once', async () => {
    const events = await collect(
      follow([
        { cycle: CYCLE, all: 1, ends: [endOf('a', 10, { copied: 2 })] },
        { cycle: FINISHED, all: 1, ends: [endOf('a', 20, { copied: 3 })] },
      ]),
    );

    expect(shortOf(events).filter((text) => text.startsWith('repository'))).toHaveLength(2);
    expect(events.filter(({ type }) => type === 'progress').at(-1)?.data).toMatchObject({
      secondaries: [{ secondary: 'us', totals: { copied: 3 } }],
    });
  });

  it('goes on after what was seen, with all the counts, and repeats ten seconds', async () => {
    const ends = [endOf('a', 100), endOf('b', 195), endOf('c', 200), endOf('d', 300)];
    const events = await collect(
      follow([{ cycle: FINISHED, all: 4, ends }], placeOfEventId('200000000 c us')),
    );

    expect(shortOf(events)).toEqual([
      'status finished',
      'repository b us',
      'repository c us',
      'repository d us',
      'progress 4/4',
      'finished in-sync',
    ]);
    expect(events.at(-2)?.data).toMatchObject({ secondaries: [{ totals: { copied: 4 } }] });
  });

  it('goes on between two secondaries of a repository that ended in the same moment', async () => {
    const ends = [endOf('a', 10), endOf('b', 90, { secondary: 'asia' }), endOf('b', 90)];
    const events = await collect(follow([{ cycle: FINISHED, ends }]));
    const ids = events.filter(({ type }) => type === 'repository').map(({ id }) => id);

    expect(ids).toEqual(['10000000 a us', '90000000 b asia', '90000000 b us']);
  });

  it('reads a large cycle in parts, and to its end', async () => {
    const ends = Array.from({ length: 1001 }, (_, index) => endOf(`app-${1000 + index}`, 10));
    const events = await collect(follow([{ cycle: FINISHED, all: 1001, ends }]));

    expect(events.filter(({ type }) => type === 'repository')).toHaveLength(1001);
  });

  it('waits for a database that is away', async () => {
    const error = new StateError('UNAVAILABLE', 'away');
    const events = await collect(follow([{ cycle: CYCLE }, { error }, { error }, { cycle: FINISHED }]));

    expect(shortOf(events)).toEqual(['status copying', 'status finished', 'finished in-sync']);
  });

  it('does not hide what is wrong otherwise', async () => {
    const error = new StateError('CORRUPT', 'a row');

    await expect(collect(follow([{ error }]))).rejects.toBe(error);
  });

  it('ends when the cycle is no longer kept, and when its reader has left', async () => {
    const left = AbortSignal.abort();

    expect(shortOf(await collect(follow([{ cycle: CYCLE }])))).toEqual(['status copying']);
    expect(await collect(follow([{ cycle: CYCLE }], FIRST_PLACE, left))).toEqual([]);
  });
});
