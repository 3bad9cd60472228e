import { z } from 'zod';
import type { Digest } from '../../oci/digest.ts';
import type { Tag } from '../../oci/reference.ts';
import type { ReasonCode } from '../../planning/reason-code.ts';
import type { TagState, VerifiedDepth } from '../../planning/repository-memory.ts';
import { COLUMN } from '../stored-row.ts';

export const TAG_STATES = [
  'in_sync',
  'missing',
  'moved',
  'orphan',
  'held',
  'failed',
] as const satisfies readonly TagState[];

/** A tag of a repository on one secondary. */
export interface TagView {
  readonly secondary: string;
  readonly tag: Tag;
  readonly state: TagState;
  readonly primaryDigest: Digest | null;
  readonly secondaryDigest: Digest | null;
  readonly reason: ReasonCode | null;
  readonly message: string | null;
  readonly firstSeenDifferentAt: Date | null;
  readonly inSyncSince: Date | null;
  readonly lastVerifiedAt: Date | null;
  readonly lastVerifiedDepth: VerifiedDepth | null;
  /** Since when what is below the tag is known or feared to be bad, although the digests are equal. */
  readonly doubtedAt: Date | null;
}

export const TAG_VIEW_ROW: z.ZodType<TagView> = z.object({
  secondary: z.string(),
  tag: COLUMN.tag,
  state: z.enum(TAG_STATES),
  primaryDigest: COLUMN.digestOrNull,
  secondaryDigest: COLUMN.digestOrNull,
  reason: COLUMN.reasonOrNull,
  message: z.string().nullable(),
  firstSeenDifferentAt: COLUMN.dateOrNull,
  inSyncSince: COLUMN.dateOrNull,
  lastVerifiedAt: COLUMN.dateOrNull,
  lastVerifiedDepth: z.enum(['tag', 'graph', 'content'] satisfies VerifiedDepth[]).nullable(),
  doubtedAt: COLUMN.dateOrNull,
});

export const TAG_VIEW_COLUMNS = `t.secondary, t.tag, t.state, t.primary_digest AS "primaryDigest",
  t.secondary_digest AS "secondaryDigest", t.reason, t.message, t.first_seen_different_at AS "firstSeenDifferentAt",
  t.in_sync_since AS "inSyncSince", t.last_verified_at AS "lastVerifiedAt",
  t.last_verified_depth AS "lastVerifiedDepth", t.doubted_at AS "doubtedAt"`;
