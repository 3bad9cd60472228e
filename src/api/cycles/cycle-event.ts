import type { RepositoryTotals } from '../../planning/cycle-report.ts';
import type { ReasonCode } from '../../planning/reason-code.ts';
import type { CycleProgressResponse, CycleResponse } from './cycle-response.ts';

/** What became of one repository on one secondary. */
interface RepositoryEnded {
  readonly repository: string;
  readonly secondary: string;
  readonly secondaryRepository: string;
  /** A repository with orphans that may go ends twice: its copies first, then all of it. */
  readonly phase: 'copy' | 'delete';
  readonly outcome: NonNullable<CycleResponse['outcome']>;
  readonly failure: { readonly reason: ReasonCode; readonly message: string } | null;
  readonly totals: RepositoryTotals;
}

interface Event<Type extends string, Data> {
  readonly type: Type;
  readonly data: Data;
  /** Where to go on after this event. */
  readonly id: string;
}

/** Everything that a stream of events can say. */
export type CycleEvent =
  | Event<'status', Omit<CycleResponse, 'results'>>
  | Event<'progress', CycleProgressResponse>
  | Event<'repository', RepositoryEnded>
  | Event<'finished', CycleResponse>;
