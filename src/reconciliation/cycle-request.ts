import type { LinkConfiguration, VerificationDepth } from '../config/configuration.ts';
import type { SyncMode } from '../planning/cycle-report.ts';

/** What one cycle is to do. `plan` and `verify` send no write to any registry and write no state. */
export type CycleWork =
  | { readonly command: 'sync'; readonly mode?: SyncMode }
  | { readonly command: 'plan' }
  | { readonly command: 'verify'; readonly depth: VerificationDepth };

export interface CycleRequest {
  readonly work: CycleWork;
  readonly links: readonly LinkConfiguration[];
}
