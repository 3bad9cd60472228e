import { createHash } from 'node:crypto';

import { specOf, type Pattern } from './pattern.ts';
import { formatPlatform, type PlatformPolicy } from './platform-policy.ts';
import type { Rename } from './rename.ts';
import type { ReplicationPolicy } from './replication-policy.ts';
import type { TagFilter } from './tag-filter.ts';

/** What decides which tags are expected on a secondary. */
type Filters = Pick<ReplicationPolicy, 'repositories' | 'tags' | 'rename' | 'platforms'>;

/** Part of the hashed text: a change of the form must change every hash, and so hold deletions back for one cycle. */
const FORM = 'filters-1';

/**
 * The hash of everything that decides which tags are expected on a secondary: scope, tag filter, rename, platforms. Equal for
 * policies that select alike by their text (the order and repetition of patterns does not count, that of rename rules does).
 * Deletion limits are not part of it, and neither is what an operator narrowed one run to.
 */
export function hashOfFilters(policy: Filters): string {
  const canonical = [
    FORM,
    {
      include: canonicalPatterns(policy.repositories.include),
      exclude: canonicalPatterns(policy.repositories.exclude),
    },
    {
      include: canonicalPatterns(policy.tags.include),
      exclude: canonicalPatterns(policy.tags.exclude),
      newest: canonicalNewest(policy.tags.newest),
    },
    canonicalRename(policy.rename),
    canonicalPlatforms(policy.platforms),
  ];
  return createHash('sha256').update(JSON.stringify(canonical)).digest('hex');
}

function canonicalPatterns(patterns: readonly Pattern[] | 'all'): unknown {
  return patterns === 'all' ? 'all' : sortedSet(patterns.map((pattern) => JSON.stringify(specOf(pattern))));
}

/** By version it is the number alone, as it was before there was another order: the hashes of such links stay. */
function canonicalNewest(newest: TagFilter['newest']): unknown {
  if (newest === undefined) return null;
  return newest.by === 'version' ? newest.count : { count: newest.count, by: newest.by };
}

function canonicalRename(rename: Rename): unknown {
  switch (rename.kind) {
    case 'none':
      return 'none';
    case 'prefix':
      return { prefix: rename.prefix };
    case 'rules':
      return rename.rules.map(({ match, replace }) => ({ match, replace }));
  }
}

function canonicalPlatforms(platforms: PlatformPolicy): unknown {
  if (platforms.kind === 'all') return 'all';
  return { mode: platforms.mode, platforms: sortedSet(platforms.platforms.map(formatPlatform)) };
}

function sortedSet(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].sort();
}
