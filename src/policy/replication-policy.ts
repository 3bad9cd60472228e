import type { DeletionPolicy } from './deletion-policy.ts';
import type { PlatformPolicy } from './platform-policy.ts';
import type { Rename } from './rename.ts';
import type { RepositoryScope } from './repository-scope.ts';
import type { TagFilter } from './tag-filter.ts';

/** What a link wants: which repositories and tags, under which names and platforms, and what may be deleted. */
export interface ReplicationPolicy {
  readonly repositories: RepositoryScope;
  readonly rename: Rename;
  readonly tags: TagFilter;
  readonly platforms: PlatformPolicy;
  readonly referrers: 'all' | 'none';
  readonly deletions: DeletionPolicy;
}
