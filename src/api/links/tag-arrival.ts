import type { CycleRequests } from '../../jobs/cycle-requests.ts';
import type { NamedLink } from '../../state/views/link-view.store.ts';
import type { RiskViewStore, TagSighting } from '../../state/views/risk-view.store.ts';
import type { RequestClock } from '../http/request-clock.ts';
import type { WantedReference } from './wait-query.ts';

export interface TagArrivalParts {
  readonly risks: RiskViewStore;
  readonly requests: CycleRequests;
  readonly clock: RequestClock;
}

/** What was seen when the waiting ended. */
export interface Arrival {
  readonly kind: 'arrived' | 'late' | 'cut-off';
  readonly sightings: readonly TagSighting[];
}

const LOOK_SECONDS = 1;

/** Asking again makes another run of the repository: not more often than a registry is polled by hand. */
const ASK_AGAIN_SECONDS = 5;

/** A cycle that waits for another one to end need not be asked for again; one that was lost is. */
const ASK_STALE_AGAIN_SECONDS = 30;

/**
 * Waits until every secondary has a tag. What was written down before counts for nothing: the primary may have got the tag a moment
 * ago. So the repository is looked at anew, by the workers, and only a run that began after the question is an answer to it.
 */
export class TagArrival {
  readonly #parts: TagArrivalParts;

  constructor(parts: TagArrivalParts) {
    this.#parts = parts;
  }

  /** @throws {StateError} */
  async until(
    of: NamedLink,
    wanted: WantedReference,
    timeoutSeconds: number,
    signal: AbortSignal,
  ): Promise<Arrival> {
    const { risks, clock } = this.#parts;
    const askedAt = await risks.now();
    const begin = clock.monotonicSeconds();
    let lastAsk = -Infinity;
    for (;;) {
      const sightings = await risks.sightings(of, wanted, askedAt);
      if (hasArrived(sightings, wanted)) return { kind: 'arrived', sightings };
      const now = clock.monotonicSeconds();
      if (now - begin >= timeoutSeconds) return { kind: 'late', sightings };
      const patience = sightings.every(({ isFresh }) => isFresh)
        ? ASK_AGAIN_SECONDS
        : ASK_STALE_AGAIN_SECONDS;
      if (now - lastAsk >= patience) {
        lastAsk = now;
        await this.#ask(of.link, wanted, sightings);
      }
      await clock
        .sleep(Math.min(LOOK_SECONDS, timeoutSeconds - (now - begin)), signal)
        .catch(() => undefined);
      if (signal.aborted) return { kind: 'cut-off', sightings };
    }
  }

  /** A known repository is marked, and so looked at also within the cycle that is under way. */
  async #ask(
    link: string,
    { repository }: WantedReference,
    sightings: readonly TagSighting[],
  ): Promise<void> {
    const { requests } = this.#parts;
    if (sightings.some(({ isKnown }) => isKnown)) {
      await requests.markDirty(link, [repository], 'question');
      return;
    }
    const scope = { kind: 'some', due: 'only-named', patterns: [repository], tags: [] } as const;
    await requests.request({ link, cause: 'event', work: { command: 'sync', mode: 'diff' }, scope });
  }
}

/** Whether every secondary was seen, since the question, to have the tag as it is wanted. */
export function hasArrived(sightings: readonly TagSighting[], { digest }: WantedReference): boolean {
  const [first] = sightings;
  return (
    first !== undefined &&
    sightings.every(
      ({ isFresh, state, primaryDigest, secondaryDigest }) =>
        isFresh &&
        state === 'in_sync' &&
        primaryDigest === first.primaryDigest &&
        // Under a platform filter the secondary's digest is another one; either names the same content.
        (digest === null || digest === primaryDigest || digest === secondaryDigest),
    )
  );
}
