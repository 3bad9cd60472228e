import { z } from 'zod';
import { REASON_CODES } from '../../planning/reason-code.ts';
import type { HeldTag } from '../../planning/held-plan.ts';
import { HELD_PLAN_STATES, type FreezeRecord, type HeldPlanRecord } from '../../state/deletion-desk.ts';
import { RESTORE_STATES } from '../../state/tag-restore.store.ts';
import type { DeletionRestore, DeletionView } from '../../state/views/deletion-view.store.ts';
import { isoOrNull } from '../http/iso-time.ts';

/** Tags of a plan in a list: enough to see what it is about. */
export const ITEMS_IN_LIST = 100;

export const PLAN_STATE = z.enum(HELD_PLAN_STATES);
export const DELETION_STATE = z.enum(['done', 'failed', 'restored', 'unfinished']);

const COUNT = z.int();
const DIGEST = z.string().nullable().describe('null: the registry did not know the manifest of the tag');

export const FREEZE = z.object({
  secondary: z.string().nullable().describe('null: deletions are frozen on all secondaries'),
  by: z.string().describe('Name of the token, or loopback'),
  at: z.iso.datetime(),
  reason: z.string().nullable(),
});
export type FreezeResponse = z.infer<typeof FREEZE>;

const PLACE = {
  link: z.string(),
  secondary: z.string(),
  secondaryRepository: z.string().describe('Its name on the secondary'),
};

export const HELD_PLAN = z.object({
  kind: z.literal('plan'),
  hash: z.string().describe('Of the place and of every tag with its digest: the same as long as those are'),
  ...PLACE,
  repository: z.string().describe('Its name on the primary'),
  state: PLAN_STATE,
  detail: z.string().nullable().describe('Why it ended'),
  tagCount: COUNT,
  items: z
    .array(z.object({ tag: z.string(), digest: DIGEST, reason: z.enum(REASON_CODES), message: z.string() }))
    .describe('By tag; in a list the first hundred'),
  itemsLeftOut: COUNT,
  heldAt: z.iso.datetime(),
  confirmedAt: z.iso.datetime().describe('When a cycle last found the same'),
  cycle: z.string().describe('Id of the cycle that found it last'),
  decision: z
    .object({ by: z.string(), at: z.iso.datetime(), reason: z.string().nullable() })
    .nullable()
    .describe('Who approved or rejected it'),
  expiresAt: z.iso.datetime().nullable().describe('When an approval ends that no cycle has used'),
  endedAt: z.iso.datetime().nullable(),
  result: z.object({ deleted: COUNT, held: COUNT, failed: COUNT, skipped: COUNT }).nullable(),
});
export type HeldPlanResponse = z.infer<typeof HELD_PLAN>;

export const DELETION = z.object({
  kind: z.literal('deletion'),
  id: z.string(),
  ...PLACE,
  tag: z.string(),
  digest: DIGEST,
  state: DELETION_STATE.describe('done: read back; unfinished: under way, or cut off by a crash'),
  detail: z.string().nullable(),
  method: z.enum(['by-tag-name', 'tombstone']),
  tombstoneDigest: z.string().nullable(),
  cycle: z.string(),
  startedAt: z.iso.datetime(),
  advancedAt: z.iso.datetime().describe('When its state changed last'),
  evidence: z.unknown().describe('What was looked at in the second before'),
  restore: z
    .object({
      state: z.enum(RESTORE_STATES),
      askedBy: z.string(),
      askedAt: z.iso.datetime(),
      content: z.enum(['secondary', 'primary']).nullable().describe('Which side had the content'),
      detail: z.string().nullable(),
      endedAt: z.iso.datetime().nullable(),
    })
    .nullable()
    .describe('What came of the last wish to undo it; released: the tag was deleted once more'),
});
export type DeletionResponse = z.infer<typeof DELETION>;

/** Either what waits, or waited, for an approver, or what was done. */
export const DELETION_DOCUMENT = z.discriminatedUnion('kind', [HELD_PLAN, DELETION]);
export type DeletionDocument = z.infer<typeof DELETION_DOCUMENT>;

export function heldPlanResponse(plan: HeldPlanRecord, mostItems = Infinity): HeldPlanResponse {
  const { hash, link, secondary, repository, primaryRepository, state, detail, items, result } = plan;
  const { decision, heldAt, confirmedAt, expiresAt, endedAt, cycleId } = plan;
  const shown = items.slice(0, mostItems);
  return {
    kind: 'plan',
    ...{ hash, link, secondary, secondaryRepository: repository, repository: primaryRepository },
    ...{ state, detail, tagCount: items.length, items: shown.map(itemOf) },
    itemsLeftOut: items.length - shown.length,
    heldAt: heldAt.toISOString(),
    confirmedAt: confirmedAt.toISOString(),
    cycle: cycleId,
    decision: decision && { ...decision, at: decision.at.toISOString() },
    expiresAt: isoOrNull(expiresAt),
    endedAt: isoOrNull(endedAt),
    result,
  };
}

function itemOf({ tag, secondaryDigest, reason, message }: HeldTag): HeldPlanResponse['items'][number] {
  return { tag, digest: secondaryDigest, reason, message };
}

export function deletionResponse({ deletion, end, restore }: DeletionView): DeletionResponse {
  const { id, link, secondary, repository, tag, secondaryDigest, detail, method } = deletion;
  const { tombstoneDigest, cycleId, startedAt, advancedAt, evidence } = deletion;
  return {
    kind: 'deletion',
    ...{ id, link, secondary, secondaryRepository: repository, tag, digest: secondaryDigest, state: end },
    ...{ detail, method, tombstoneDigest, cycle: cycleId },
    startedAt: startedAt.toISOString(),
    advancedAt: advancedAt.toISOString(),
    evidence,
    restore: restore && restoreOf(restore),
  };
}

function restoreOf({ askedAt, endedAt, ...rest }: DeletionRestore): DeletionResponse['restore'] {
  return { ...rest, askedAt: askedAt.toISOString(), endedAt: isoOrNull(endedAt) };
}

export function freezeResponse({ secondary, by, at, reason }: FreezeRecord): FreezeResponse {
  return { secondary, by, at: at.toISOString(), reason };
}
