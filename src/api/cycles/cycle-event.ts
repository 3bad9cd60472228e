import { z } from 'zod';
import { FAILURE } from '../links/link-response.ts';
import { CYCLE, CYCLE_PROGRESS, REPOSITORY_TOTALS } from './cycle-response.ts';
import { CYCLE_OUTCOME } from './cycle-outcome.ts';

const REPOSITORY_END = z.object({
  repository: z.string(),
  secondary: z.string(),
  secondaryRepository: z.string(),
  phase: z
    .enum(['copy', 'delete'])
    .describe('A repository with orphans that may go ends twice: its copies first, then all of it'),
  outcome: CYCLE_OUTCOME,
  failure: FAILURE.nullable(),
  totals: REPOSITORY_TOTALS,
});

/** Everything that a stream of events can say; the key is the `event:` of the stream. */
const CYCLE_EVENTS = {
  status: CYCLE.omit({ results: true }),
  progress: CYCLE_PROGRESS,
  repository: REPOSITORY_END,
  finished: CYCLE,
} as const;

type CycleEventType = keyof typeof CYCLE_EVENTS;

export type CycleEvent = {
  [Type in CycleEventType]: {
    readonly type: Type;
    readonly data: z.infer<(typeof CYCLE_EVENTS)[Type]>;
    /** Where to go on after this event. */
    readonly id: string;
  };
}[CycleEventType];
