/** A part of a cycle that takes its time, as traces show it. */
export type CyclePart = { readonly cycleId: string; readonly link: string } & (
  | { readonly kind: 'listing' }
  /** The primary's side of a repository, read once for all secondaries. */
  | { readonly kind: 'primary'; readonly repository: string }
  /** One repository on one secondary; its deletions come in a part of their own where they wait for other repositories. */
  | { readonly kind: 'repository' | 'deletions'; readonly repository: string; readonly secondary: string }
);

/**
 * The port through which the parts of a cycle are framed, so that what is sent to a registry meanwhile can be told to belong to one of
 * them. This one frames nothing.
 */
export class CycleTracer {
  /** Does the work at once, and gives back what it gives or throws what it throws. */
  run<Result>(_part: CyclePart, work: () => Promise<Result>): Promise<Result> {
    return work();
  }
}
