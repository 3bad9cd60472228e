import { z } from 'zod';
import { REASON_CODES } from '../../planning/reason-code.ts';
import type {
  PositionView,
  RepositoryView,
  TagOnSecondaries,
} from '../../state/views/repository-view.store.ts';
import { CYCLE_OUTCOME } from '../cycles/cycle-outcome.ts';
import { isoOrNull } from '../http/iso-time.ts';
import { FAILURE, LAG_SECONDS, TAG_COUNTS } from '../links/link-response.ts';
import { pageOf } from '../pages/page-query.ts';

export const REPOSITORY_STATE = z.enum(['pending', 'running', 'synced', 'failed', 'held']);
export const TAG_STATE = z.enum(['in_sync', 'missing', 'moved', 'orphan', 'held', 'failed']);

const POSITION = z.object({
  secondary: z.string(),
  state: REPOSITORY_STATE,
  secondaryRepository: z.string().nullable().describe('Its name there; null until it was worked on'),
  outcome: CYCLE_OUTCOME.nullable().describe('Of its last run'),
  failure: FAILURE.nullable().describe('Why it could not be read when it was last tried'),
  tags: TAG_COUNTS,
  lagSeconds: LAG_SECONDS,
  lastCycle: z.string().nullable().describe('Id of the cycle that worked on it last'),
  lastFinishedAt: z.iso.datetime().nullable(),
  lastSuccessAt: z.iso.datetime().nullable(),
});

export const REPOSITORY = z.object({
  repository: z.string().describe('Its name on the primary'),
  dirty: z.boolean().describe('Something changed since its last run began, so there will be another one'),
  retryCount: z.int().describe('Failed runs in a row; runs are of all secondaries together'),
  retryAt: z.iso.datetime().nullable(),
  secondaries: z.array(POSITION),
});
export type RepositoryResponse = z.infer<typeof REPOSITORY>;

const TAG = z.object({
  tag: z.string(),
  secondaries: z.array(
    z.object({
      secondary: z.string(),
      state: TAG_STATE,
      primaryDigest: z.string().nullable(),
      secondaryDigest: z.string().nullable(),
      reason: z.enum(REASON_CODES).nullable(),
      message: z.string().nullable(),
      firstSeenDifferentAt: z.iso.datetime().nullable(),
      inSyncSince: z.iso.datetime().nullable(),
      lastVerifiedAt: z.iso.datetime().nullable().describe('When a verification last found it good'),
      lastVerifiedDepth: z.enum(['tag', 'graph', 'content']).nullable(),
      doubtedAt: z.iso
        .datetime()
        .nullable()
        .describe('Since when content below it is known or feared to be bad, although the digests are equal'),
    }),
  ),
});
export type TagResponse = z.infer<typeof TAG>;

export const REPOSITORY_WITH_TAGS = REPOSITORY.extend({
  tags: pageOf(TAG).describe('By name, in the order of bytes'),
});
export type RepositoryWithTags = z.infer<typeof REPOSITORY_WITH_TAGS>;

export function repositoryResponse(view: RepositoryView): RepositoryResponse {
  const { repository, isDirty, retryCount, retryAt, secondaries } = view;
  return {
    repository,
    dirty: isDirty,
    retryCount,
    retryAt: isoOrNull(retryAt),
    secondaries: secondaries.map(positionOf),
  };
}

function positionOf(view: PositionView): z.infer<typeof POSITION> {
  const { lastCycleId, lastFinishedAt, lastSuccessAt, ...rest } = view;
  return {
    ...rest,
    lastCycle: lastCycleId,
    lastFinishedAt: isoOrNull(lastFinishedAt),
    lastSuccessAt: isoOrNull(lastSuccessAt),
  };
}

export function tagResponse({ tag, secondaries }: TagOnSecondaries): TagResponse {
  return {
    tag,
    secondaries: secondaries.map((view) => ({
      secondary: view.secondary,
      state: view.state,
      primaryDigest: view.primaryDigest,
      secondaryDigest: view.secondaryDigest,
      reason: view.reason,
      message: view.message,
      firstSeenDifferentAt: isoOrNull(view.firstSeenDifferentAt),
      inSyncSince: isoOrNull(view.inSyncSince),
      lastVerifiedAt: isoOrNull(view.lastVerifiedAt),
      lastVerifiedDepth: view.lastVerifiedDepth,
      doubtedAt: isoOrNull(view.doubtedAt),
    })),
  };
}
