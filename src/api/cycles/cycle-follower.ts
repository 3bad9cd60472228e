import type { RepositoryTotals } from '../../planning/cycle-report.ts';
import { StateError } from '../../state/state-error.ts';
import type {
  CycleView,
  CycleViewStore,
  EndPlace,
  RepositoryEnd,
} from '../../state/views/cycle-view.store.ts';
import type { RequestClock } from '../http/request-clock.ts';
import type { CycleEvent } from './cycle-event.ts';
import { cycleResponse, type CycleProgressResponse } from './cycle-response.ts';
import { eventIdOf, FIRST_PLACE, isBefore, withOverlap } from './event-place.ts';

/** The rows are the truth, whichever process writes them; a second is soon enough for people and cheap for the database. */
const LOOK_SECONDS = 1;

/** Ends per statement: some hundred KiB. */
const BATCH = 250;

/**
 * Tells how a cycle goes on, from its rows: on any replica, whoever works on it. A database that is away for a while is waited
 * for. Events of repositories may come twice after a reconnection; none is left out.
 */
export class CycleFollower {
  readonly #views: CycleViewStore;
  readonly #clock: RequestClock;

  constructor(views: CycleViewStore, clock: RequestClock) {
    this.#views = views;
    this.#clock = clock;
  }

  /**
   * Ends with `finished`, when the cycle is no longer kept, or when the signal aborts.
   *
   * @param after the last event that the caller has seen.
   */
  async *follow(cycleId: string, after: EndPlace, signal: AbortSignal): AsyncGenerator<CycleEvent> {
    const reading = new Reading(withOverlap(after));
    while (!signal.aborted) {
      try {
        const cycle = await this.#views.load(cycleId);
        if (cycle === undefined) return;
        yield* reading.statusOf(cycle);
        yield* this.#ends(cycleId, reading, signal);
        yield* reading.progressOf(await this.#views.counts(cycleId));
        if (cycle.status === 'finished') {
          const ends = await this.#views.linkEnds([cycleId]);
          yield { type: 'finished', data: cycleResponse(cycle, ends), id: reading.eventId };
          return;
        }
      } catch (error) {
        if (!(error instanceof StateError) || error.code !== 'UNAVAILABLE') throw error;
      }
      await this.#clock.sleep(LOOK_SECONDS, signal).catch(() => undefined);
    }
  }

  async *#ends(cycleId: string, reading: Reading, signal: AbortSignal): AsyncGenerator<CycleEvent> {
    let from = reading.isNew ? FIRST_PLACE : withOverlap(reading.place);
    while (!signal.aborted) {
      const ends = await this.#views.ends(cycleId, from, BATCH);
      for (const end of ends) yield* reading.endOf(end);
      const last = ends.at(-1);
      if (last === undefined || ends.length < BATCH) return;
      from = last;
    }
  }
}

/** What one reader was told already. */
class Reading {
  readonly #seen = new Map<string, RepositoryEnd>();
  readonly #told: EndPlace;
  #place: EndPlace = FIRST_PLACE;
  #status = '';
  #progress = '';

  /** @param told whoever reads knows everything before this. */
  constructor(told: EndPlace) {
    this.#told = told;
  }

  get isNew(): boolean {
    return this.#seen.size === 0;
  }

  get place(): EndPlace {
    return this.#place;
  }

  get eventId(): string {
    return eventIdOf(isBefore(this.#place, this.#told) ? this.#told : this.#place);
  }

  *statusOf(cycle: CycleView): Generator<CycleEvent> {
    const { results: _, ...data } = cycleResponse(cycle, []);
    const status = JSON.stringify(data);
    if (status === this.#status) return;
    this.#status = status;
    yield { type: 'status', data, id: this.eventId };
  }

  *endOf(end: RepositoryEnd): Generator<CycleEvent> {
    const { place, repository, secondary } = end;
    const key = `${repository} ${secondary}`;
    if (this.#seen.get(key)?.place === place) return;
    this.#seen.set(key, end);
    const isOld = isBefore(end, this.#told);
    if (isBefore(this.#place, end)) this.#place = { place, repository, secondary };
    if (isOld) return;
    const { place: _, ...data } = end;
    const failure = end.failure && {
      reason: end.failure.reason,
      message: `${end.failure.side}: ${end.failure.message}`,
    };
    yield { type: 'repository', data: { ...data, failure }, id: this.eventId };
  }

  *progressOf(counts: { readonly repositories: number; readonly done: number }): Generator<CycleEvent> {
    if (counts.repositories === 0) return;
    const data = { ...counts, secondaries: this.#totals() };
    const progress = JSON.stringify(data);
    if (progress === this.#progress) return;
    this.#progress = progress;
    yield { type: 'progress', data, id: this.eventId };
  }

  #totals(): CycleProgressResponse['secondaries'] {
    const ends = [...this.#seen.values()];
    return [...Map.groupBy(ends, ({ secondary }) => secondary)].map(([secondary, own]) => ({
      secondary,
      totals: own.map(({ totals }) => totals).reduce(sumOf),
    }));
  }
}

function sumOf(one: RepositoryTotals, other: RepositoryTotals): RepositoryTotals {
  const keys = Object.keys(one) as (keyof RepositoryTotals)[];
  return Object.fromEntries(keys.map((key) => [key, one[key] + other[key]])) as unknown as RepositoryTotals;
}
