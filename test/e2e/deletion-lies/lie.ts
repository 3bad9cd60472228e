import type { Play, Stage } from './stage.ts';

/**
 * One lie and what must come of it. In truth the primary has `keep`, `live` and `twin`; the secondary has these and the orphans
 * `gone`, which stands for the same image as `twin`, and `old`. An operator has asked for deletions by hand, without a budget, so
 * that nothing but evidence stands between a lie and a live tag; where a play has a policy, it says what is different.
 */
export interface Lie extends Play {
  /** The row of the failure modes that it is a variant of. */
  readonly row: `DS-${string}`;
  readonly name: string;
  /** Orphans that are deleted in the end all the same: the lie was not about them, or was seen through. */
  readonly deleted: readonly ('gone' | 'old')[];
  /**
   * What the report of the last cycle says besides: `tag kind outcome reason` of each step, `- reason` of the repository
   * where it could not be compared.
   */
  readonly says: readonly string[];
  /** Tags that must stand for other images in the end than in the beginning. */
  readonly changed?: Readonly<Record<string, string>>;
  /** Tags that are left behind; their digests are of no matter. */
  readonly leaves?: readonly string[];
  /** Done before the first cycle. */
  readonly prepare?: (stage: Stage) => Promise<unknown>;
}
