import type { IncomingHook } from '../../config/configuration.ts';
import type { LiveConfiguration } from '../../config/live-configuration.ts';
import { endsAt, linksFrom } from '../../config/replicating-links.ts';
import type { NotificationObserver } from '../../jobs/notification-observer.ts';
import type { ServiceLog } from '../../jobs/service-log.ts';
import type { NotificationEvent, NotificationEventStore } from '../../state/notification-event.store.ts';
import type { DirtyMarker } from './dirty-marker.ts';
import type { ReadEnvelope } from './distribution-envelope.ts';

export interface EventIntakeParts {
  readonly configuration: LiveConfiguration;
  readonly events: NotificationEventStore;
  readonly marker: DirtyMarker;
  readonly observer: NotificationObserver;
  readonly log: ServiceLog;
}

/** How many events of an envelope became what. */
export interface IntakeCounts {
  readonly accepted: number;
  readonly duplicate: number;
  readonly ignored: number;
  readonly refused: number;
}

/** Writes down what may concern a link; everything else costs no statement, for a busy registry tells of every pull. */
export class EventIntake {
  readonly #parts: EventIntakeParts;

  constructor(parts: EventIntakeParts) {
    this.#parts = parts;
  }

  /** @throws {StateError} `UNAVAILABLE`, and then the registry tells it again. */
  async take(hook: IncomingHook, { changes, ignored, refused }: ReadEnvelope): Promise<IntakeCounts> {
    const { events, marker, observer, log } = this.#parts;
    const relevant = changes.filter((event) => this.#mayConcernUs(hook, event));
    const accepted = relevant.length === 0 ? 0 : await events.add(hook.path, relevant);
    if (accepted > 0) marker.wake();
    const counts = {
      accepted,
      duplicate: relevant.length - accepted,
      ignored: ignored + changes.length - relevant.length,
      refused,
    };
    for (const result of ['accepted', 'duplicate', 'ignored', 'refused'] as const) {
      if (counts[result] > 0) observer.received(hook.path, result, counts[result]);
    }
    log.debug({ hook: hook.path, ...counts }, 'a registry told its events');
    return counts;
  }

  /** An own write matters only where somebody reads it again: in a chain of links, where a secondary is another one's primary. */
  #mayConcernUs({ registry }: IncomingHook, { author, repository, tag }: NotificationEvent): boolean {
    const { links } = this.#parts.configuration.current;
    if (linksFrom(links, registry, repository).length > 0) return true;
    return author === 'foreign' && tag !== null && endsAt(links, registry).length > 0;
  }
}
