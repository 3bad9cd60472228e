import type { DeletionPolicy } from '../policy/deletion-policy.ts';
import type { PlatformPolicy } from '../policy/platform-policy.ts';
import type { Rename } from '../policy/rename.ts';
import type { ReplicationPolicy } from '../policy/replication-policy.ts';
import type { TagFilter } from '../policy/tag-filter.ts';
import type { LinkFields } from './link-schema.ts';

/** The policy that the fields of a link describe. */
export function buildPolicy(fields: LinkFields): ReplicationPolicy {
  return {
    repositories: fields.repositories,
    rename: buildRename(fields.rename),
    tags: buildTagFilter(fields.tags),
    platforms: buildPlatforms(fields),
    referrers: fields.referrers,
    deletions: buildDeletions(fields.deletions),
  };
}

function buildRename(rename: LinkFields['rename']): Rename {
  if (rename === 'none') return { kind: 'none' };
  return Array.isArray(rename) ? { kind: 'rules', rules: rename } : rename;
}

function buildTagFilter({ include, exclude, newest }: LinkFields['tags']): TagFilter {
  return { include, exclude, ...(newest === undefined ? {} : { newest }) };
}

function buildPlatforms({ platforms, platformMode }: LinkFields): PlatformPolicy {
  return platforms === 'all' ? { kind: 'all' } : { kind: 'only', platforms, mode: platformMode };
}

function buildDeletions(deletions: LinkFields['deletions']): DeletionPolicy {
  const { orphans, fallback, minObservations, adoptForeign, sentinel } = deletions;
  return {
    orphans,
    fallback,
    authority: 'policy',
    perRepository: deletions.maxPerRepository,
    budgetAuthority: 'policy',
    perCycle: deletions.maxPerCycle,
    minAbsenceSeconds: deletions.minAbsence,
    minObservations,
    adoptForeign,
    ...(sentinel === undefined ? {} : { sentinel }),
  };
}
