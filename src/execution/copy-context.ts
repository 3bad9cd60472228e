import type { RepositoryName } from '../oci/reference.ts';
import type { PlanStep } from '../planning/step.ts';
import type { PreparedContent } from './prepared-content.ts';
import type { TransferTally } from './transfer-tally.ts';

/** Where content comes from and goes to, and who counts it. */
export interface CopyContext {
  readonly primaryRepository: RepositoryName;
  readonly secondaryRepository: RepositoryName;
  readonly tally: TransferTally;
  /**
   * `trusting`: a child manifest that the secondary has is taken to be whole. `doubting`: every node is looked at and pushed
   * again, because a node that exists does not prove its subtree. `repairing`: and every blob of the secondary is read, sent
   * again where it is bad, and read once more; each node once in a cycle.
   */
  readonly walk: 'trusting' | 'doubting' | 'repairing';
  /** What takes the place of the primary's content below the tag of a step. @throws {RegistryError} */
  readonly prepare: (step: PlanStep) => Promise<PreparedContent>;
}
