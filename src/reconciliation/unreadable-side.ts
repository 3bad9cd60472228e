import type { ReadFailure, RepositoryReport } from '../planning/cycle-report.ts';
import type { ReasonCode } from '../planning/reason-code.ts';

/** Failures that say something about a registry rather than about one repository of it. */
const OF_THE_REGISTRY: ReadonlySet<ReasonCode> = new Set<ReasonCode>([
  'UNAUTHORIZED',
  'FORBIDDEN',
  'NETWORK',
  'TIMEOUT',
  'TLS',
]);

/**
 * The failure of a registry of which nothing could be read: it let itself be reached, and then refused every single
 * repository in the same way. `null` when anything could be read.
 */
export function unreadableSide(repositories: readonly RepositoryReport[]): ReadFailure | null {
  const first = repositories[0]?.failure ?? null;
  if (first === null || !OF_THE_REGISTRY.has(first.reason)) return null;
  const isSame = repositories.every(
    ({ failure }) => failure?.side === first.side && failure.reason === first.reason,
  );
  return isSame ? first : null;
}
