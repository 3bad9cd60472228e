import { z } from 'zod';
import type { LinkCycleRecord } from '../../state/link-cycle.ts';

/** A cycle that was asked for; GET /api/v1/cycles/{id} says how it goes on. */
export const ACCEPTED_CYCLE = z.object({
  id: z.string(),
  link: z.string(),
  command: z.enum(['sync', 'plan', 'verify']),
  mode: z
    .enum(['diff', 'recopy'])
    .nullable()
    .describe('Of a sync; recopy: equal tags too are gone through, and sent again where content is bad'),
  status: z.enum(['waiting', 'listing', 'copying', 'deleting', 'finished']),
  requestedAt: z.iso.datetime(),
  startedAt: z.iso.datetime().nullable(),
  cancelledAt: z.iso.datetime().nullable(),
  repositories: z.array(z.string()).nullable().describe('What it was narrowed to; null: all of the link'),
  secondaries: z
    .array(z.string())
    .nullable()
    .describe('Those that it works on; null: it waits, and is for all of the link'),
  continuedIn: z
    .string()
    .nullable()
    .describe('The cycle that does the same on secondaries that were still busy when this one began'),
  tags: z.array(z.string()).nullable().describe('Patterns of the tags it was narrowed to; null: all of them'),
});
export type AcceptedCycle = z.infer<typeof ACCEPTED_CYCLE>;

export function acceptedCycle(cycle: LinkCycleRecord): AcceptedCycle {
  const { id, link, work, status, requestedAt, startedAt, cancelledAt, scope } = cycle;
  const begun = Object.keys(cycle.stages);
  return {
    id,
    link,
    command: work.command,
    mode: work.command === 'sync' ? work.mode : null,
    status,
    requestedAt: requestedAt.toISOString(),
    startedAt: startedAt?.toISOString() ?? null,
    cancelledAt: cancelledAt?.toISOString() ?? null,
    secondaries: begun.length > 0 ? begun : cycle.onlyFor && [...cycle.onlyFor],
    continuedIn: cycle.continuedIn,
    repositories: scope.kind === 'all' ? null : [...scope.patterns],
    tags: scope.kind === 'all' || scope.tags.length === 0 ? null : [...scope.tags],
  };
}
