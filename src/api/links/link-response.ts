import { z } from 'zod';
import type { LinkConfiguration, RegistryConfiguration } from '../../config/configuration.ts';
import { linkForPrinting } from '../../config/print-configuration.ts';
import { REASON_CODES } from '../../planning/reason-code.ts';
import type { FreezeRecord } from '../../state/deletion-desk.ts';
import type { LinkCycleRecord } from '../../state/link-cycle.ts';
import type { EndedCycle, LinkView, SecondaryView } from '../../state/views/link-view.store.ts';
import { ACCEPTED_CYCLE, acceptedCycle } from '../cycles/accepted-cycle.ts';
import { CYCLE_OUTCOME } from '../cycles/cycle-outcome.ts';
import { FREEZE, freezeResponse } from '../deletions/deletion-response.ts';
import { isoOrNull } from '../http/iso-time.ts';

const COUNT = z.int();

/** How many tags are in each state. */
export const TAG_COUNTS = z.object({
  in_sync: COUNT,
  missing: COUNT,
  moved: COUNT,
  orphan: COUNT,
  held: COUNT,
  failed: COUNT,
});

export const LAG_SECONDS = z
  .number()
  .describe(
    'Age of the oldest difference that is still open; what cannot be read, or was never, is different. Orphans that the configuration leaves in place have none',
  );

export const FAILURE = z.object({ reason: z.enum(REASON_CODES), message: z.string() });

const REGISTRY = z.object({ name: z.string(), url: z.string() });
const ENDED_CYCLE = z.object({ id: z.string(), outcome: CYCLE_OUTCOME, finishedAt: z.iso.datetime() });

const LINK_SECONDARY = z.object({
  secondary: z.string(),
  url: z.string(),
  unreachableSince: z.iso.datetime().nullable(),
  failure: FAILURE.extend({ side: z.enum(['primary', 'secondary']) })
    .nullable()
    .describe('Why the newest cycle could not work on it at all'),
  tags: TAG_COUNTS,
  repositories: z.object({ pending: COUNT, running: COUNT, synced: COUNT, failed: COUNT, held: COUNT }),
  deletionsFrozen: FREEZE.nullable().describe('Who stopped deletions on it; null: nobody did'),
  lagSeconds: LAG_SECONDS,
  behindSince: z.iso.datetime().nullable(),
  lastCycle: ENDED_CYCLE.nullable(),
  lastSuccess: ENDED_CYCLE.nullable().describe('The newest cycle over the whole link that left it in sync'),
});

export const LINK = z.object({
  name: z.string(),
  state: z
    .enum(['paused', 'running', 'waiting', 'idle'])
    .describe('What it does now; a cycle that was under way when the link was paused still ends'),
  pausedAt: z.iso.datetime().nullable(),
  primary: REGISTRY,
  configuration: z.record(z.string(), z.unknown()).describe('As in the file, with defaults filled in'),
  objectiveLagSeconds: z.number(),
  cycles: z.array(ACCEPTED_CYCLE).describe('Those that wait or are under way, oldest first'),
  nextCycleAt: z.iso.datetime().nullable().describe('When the schedule fires next; null while paused'),
  retryCount: z.int().describe('Cycles in a row in which nothing could be listed'),
  retryAt: z.iso.datetime().nullable(),
  secondaries: z.array(LINK_SECONDARY),
});
export type LinkResponse = z.infer<typeof LINK>;

export interface LinkFacts {
  readonly link: LinkConfiguration;
  readonly view: LinkView;
  readonly unfinished: readonly LinkCycleRecord[];
  readonly nextCycleAt: Date | undefined;
}

export function linkResponse({ link, view, unfinished, nextCycleAt }: LinkFacts): LinkResponse {
  const { pausedAt, retryCount, retryAt } = view.state;
  return {
    name: link.name,
    state: stateOf(view, unfinished),
    pausedAt: isoOrNull(pausedAt),
    primary: registryOf(link.primary),
    configuration: linkForPrinting(link),
    objectiveLagSeconds: link.objectiveLagSeconds,
    cycles: unfinished.map(acceptedCycle),
    nextCycleAt: pausedAt === null ? isoOrNull(nextCycleAt ?? null) : null,
    retryCount,
    retryAt: isoOrNull(retryAt),
    secondaries: view.secondaries.map((secondary) => secondaryOf(link, secondary, view.freezes)),
  };
}

function stateOf({ state }: LinkView, unfinished: readonly LinkCycleRecord[]): LinkResponse['state'] {
  if (unfinished.some(({ status }) => status !== 'waiting')) return 'running';
  if (state.pausedAt !== null) return 'paused';
  return unfinished.length > 0 ? 'waiting' : 'idle';
}

function secondaryOf(
  { secondaries }: LinkConfiguration,
  view: SecondaryView,
  freezes: readonly FreezeRecord[],
): z.infer<typeof LINK_SECONDARY> {
  const registry = secondaries.find(({ name }) => name === view.secondary);
  const freeze = freezes.find(({ secondary }) => secondary === null || secondary === view.secondary);
  return {
    secondary: view.secondary,
    url: registry?.origin ?? '',
    unreachableSince: isoOrNull(view.unreachableSince),
    failure: view.failure,
    tags: view.tags,
    repositories: view.repositories,
    deletionsFrozen: freeze === undefined ? null : freezeResponse(freeze),
    lagSeconds: view.lagSeconds,
    behindSince: isoOrNull(view.behindSince),
    lastCycle: endedOf(view.lastCycle),
    lastSuccess: endedOf(view.lastSuccess),
  };
}

function registryOf({ name, origin }: RegistryConfiguration): z.infer<typeof REGISTRY> {
  return { name, url: origin };
}

function endedOf(cycle: EndedCycle | null): z.infer<typeof ENDED_CYCLE> | null {
  return cycle && { ...cycle, finishedAt: cycle.finishedAt.toISOString() };
}
