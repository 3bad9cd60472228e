import type { OutgoingEvent, OutgoingHook } from '../../config/configuration.ts';
import type { SideLevel } from '../../state/side-level.store.ts';
import type { WebhookTopic } from '../../state/webhook-outbox.store.ts';

/** What a hook was told last on one topic, and in which version. */
export interface Told {
  readonly value: string;
  readonly version: number;
}

/** Something that a hook does not know yet. */
export interface SideChange {
  readonly topic: WebhookTopic;
  readonly from: string;
  readonly to: string;
  readonly event: OutgoingEvent;
  /** The version of what the hook was told before. */
  readonly version: number;
}

/** What is not told apart from a good state, to a hook that was told nothing. */
const FINE = { condition: 'ok', lag: 'within' } as const;

/**
 * What changed for a hook since it was last told. A state that the hook does not want to hear of is a good one to it, so that it is not
 * told of the end of what it was never told.
 */
export function changesOf(
  hook: OutgoingHook,
  level: SideLevel & { readonly objectiveSeconds: number },
  toldOf: (topic: WebhookTopic) => Told | undefined,
): readonly SideChange[] {
  const now = { condition: conditionOf(hook, level), lag: lagOf(hook, level) };
  return (['condition', 'lag'] as const).flatMap((topic) => {
    const told = toldOf(topic) ?? { value: FINE[topic], version: 0 };
    const to = now[topic];
    if (to === undefined || to === told.value) return [];
    return [{ topic, from: told.value, to, event: EVENTS[to], version: told.version }];
  });
}

type Condition = 'ok' | 'held' | 'failed';

const EVENTS: Readonly<Record<Condition | 'over' | 'within', OutgoingEvent>> = {
  failed: 'failed',
  held: 'held',
  over: 'lag',
  ok: 'recovered',
  within: 'recovered',
};

/** `undefined` where a cycle under way may still change it. */
function conditionOf({ events }: OutgoingHook, level: SideLevel): Condition | undefined {
  if (events.includes('failed') && (level.failure !== null || level.failedRepositories > 0)) return 'failed';
  if (!events.includes('held')) return 'ok';
  if (level.heldRepositories > 0) return 'held';
  return level.unsettledRepositories > 0 ? undefined : 'ok';
}

function lagOf(
  { events }: OutgoingHook,
  { lagSeconds, objectiveSeconds }: SideLevel & { readonly objectiveSeconds: number },
): 'over' | 'within' {
  return events.includes('lag') && lagSeconds > objectiveSeconds ? 'over' : 'within';
}
