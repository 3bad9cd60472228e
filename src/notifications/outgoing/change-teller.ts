import { randomUUID } from 'node:crypto';
import type { OutgoingHook } from '../../config/configuration.ts';
import type { LiveConfiguration } from '../../config/live-configuration.ts';
import { errorFields, type ServiceLog } from '../../jobs/service-log.ts';
import type { SideLevel, SideLevelStore } from '../../state/side-level.store.ts';
import type { ToldRecord, WebhookMessage, WebhookOutboxStore } from '../../state/webhook-outbox.store.ts';
import type { Clock } from '../../time/clock.ts';
import { changesOf, type SideChange } from './side-change.ts';

export interface ChangeTellerParts {
  readonly configuration: LiveConfiguration;
  readonly levels: SideLevelStore;
  readonly outbox: WebhookOutboxStore;
  readonly clock: Clock;
  readonly log: ServiceLog;
}

/** Somebody who is paged notices no difference, and the rows are read by indexes. */
const LOOK_SECONDS = 5;

type JudgedLevel = SideLevel & { readonly objectiveSeconds: number };

/**
 * Compares now and then how every secondary stands with what every hook was told, and writes the messages that are missing. It does
 * not listen to cycles: what a process that died would have said, the next look says.
 */
export class ChangeTeller {
  readonly #parts: ChangeTellerParts;
  #end = new AbortController();
  #loop: Promise<void> = Promise.resolve();

  constructor(parts: ChangeTellerParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#end = new AbortController();
    this.#loop = this.#lookForEver(this.#end.signal);
  }

  async stop(): Promise<void> {
    this.#end.abort();
    await this.#loop;
  }

  async #lookForEver(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#parts;
    while (!signal.aborted) {
      await this.look().catch((error: unknown) =>
        log.debug(errorFields(error), 'hooks could not be told of changes'),
      );
      await clock.sleep(LOOK_SECONDS, signal).catch(() => undefined);
    }
  }

  /** Writes every message that is missing now. @throws {StateError} */
  async look(): Promise<void> {
    const { configuration, levels, outbox } = this.#parts;
    const { links, notifications } = configuration.current;
    if (notifications.outgoing.length === 0) return;
    // First what was told, then what is: a change in between is noticed by its version.
    const told = new Map((await outbox.told()).map((record) => [keyOf(record), record]));
    const objectives = new Map(links.map((link) => [link.name, link.objectiveLagSeconds]));
    const sides = links.flatMap(({ name, secondaries }) =>
      secondaries.map((secondary) => ({ link: name, secondary: secondary.name })),
    );
    for (const level of await levels.load(sides)) {
      const judged = { ...level, objectiveSeconds: objectives.get(level.link) ?? Infinity };
      for (const hook of notifications.outgoing) await this.#tell(hook, judged, told);
    }
  }

  async #tell(hook: OutgoingHook, level: JudgedLevel, told: ReadonlyMap<string, ToldRecord>): Promise<void> {
    const { outbox, clock, log } = this.#parts;
    const { link, secondary } = level;
    const side = { hook: hook.name, link, secondary };
    for (const change of changesOf(hook, level, (topic) => told.get(keyOf({ ...side, topic })))) {
      const { topic, to: value, version, event } = change;
      const message = hook.events.includes(event) ? messageOf(change, level, clock.now()) : undefined;
      const isOurs = await outbox.announce({ ...side, topic, value, version }, message);
      if (isOurs && message !== undefined)
        log.info({ ...side, event, delivery: message.id }, 'a hook is told of a change');
    }
  }
}

function keyOf({ hook, link, secondary, topic }: Omit<ToldRecord, 'value' | 'version'>): string {
  return JSON.stringify([hook, link, secondary, topic]);
}

function messageOf({ event, from, to }: SideChange, level: JudgedLevel, now: Date): WebhookMessage {
  const id = randomUUID();
  const { link, secondary, failure, failedRepositories, heldRepositories, lagSeconds, objectiveSeconds } =
    level;
  const body = {
    id,
    event,
    link,
    secondary,
    from,
    to,
    noticedAt: now.toISOString(),
    failure,
    failedRepositories,
    heldRepositories,
    lagSeconds: Math.round(lagSeconds),
    objectiveSeconds,
  };
  return { id, body: JSON.stringify(body) };
}
