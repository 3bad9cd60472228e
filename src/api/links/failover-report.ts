import { z } from 'zod';
import { REASON_CODES } from '../../planning/reason-code.ts';
import type { LostTag, RiskView, UnknownRepository } from '../../state/views/risk-view.store.ts';
import { isoOrNull } from '../http/iso-time.ts';

const VERDICT = z
  .enum(['safe', 'lossy', 'unknown'])
  .describe(
    'lossy: something is missing for certain; unknown: nothing is known to be missing, but not everything is known; safe: everything that the primary had at observedSince is there',
  );

const WHY = z.enum([
  'TAGS_MISSING',
  'CONTENT_IN_DOUBT',
  'LINK_PAUSED',
  'PRIMARY_UNREACHABLE',
  'SECONDARY_UNREACHABLE',
  'NEVER_LISTED',
  'LISTING_OUTDATED',
  'REPOSITORIES_NEVER_READ',
  'REPOSITORIES_UNREADABLE',
  'OBSERVATION_OUTDATED',
]);
type Why = z.infer<typeof WHY>;

const LOST_TAG = z.object({
  repository: z.string(),
  tag: z.string(),
  state: z.enum(['in_sync', 'missing', 'moved', 'orphan', 'held', 'failed']),
  primaryDigest: z.string().nullable(),
  secondaryDigest: z.string().nullable().describe('What a pull would get instead; null: nothing'),
  reason: z.enum(REASON_CODES).nullable(),
  message: z.string().nullable(),
  differentSince: z.iso.datetime(),
});

const UNKNOWN_REPOSITORY = z.object({
  repository: z.string(),
  kind: z.enum(['never-read', 'unreadable', 'outdated']),
  reason: z.enum(REASON_CODES).nullable(),
  message: z.string().nullable(),
  since: z.iso.datetime(),
});

const SECONDARY_RISK = z.object({
  secondary: z.string(),
  verdict: VERDICT,
  why: z.array(WHY).describe('Everything that keeps it from being safe'),
  observedSince: z.iso
    .datetime()
    .nullable()
    .describe(
      'The oldest look at a repository that counts here; what was pushed to the primary later is not in this report',
    ),
  listedAt: z.iso
    .datetime()
    .nullable()
    .describe(
      'When the repositories of the primary were last listed completely; newer ones are not in this report',
    ),
  unreachableSince: z.iso.datetime().nullable(),
  repositories: z.int(),
  tagsInSync: z.int(),
  tagsMissing: z.int().describe('Tags of the primary that are missing, moved or failed'),
  tagsInDoubt: z
    .int()
    .describe('Tags with equal digests whose content a verification found bad, and no cycle has mended yet'),
  oldestDifferenceAt: z.iso.datetime().nullable(),
  newestDifferenceAt: z.iso.datetime().nullable(),
  tags: z
    .array(LOST_TAG)
    .describe('Those that are missing or in doubt (state in_sync), by repository and tag, up to the limit'),
  repositoriesUnknown: z.int(),
  unknown: z.array(UNKNOWN_REPOSITORY).describe('By name, up to the limit'),
});

export const FAILOVER_REPORT = z.object({
  link: z.string(),
  primary: z.string(),
  verdict: VERDICT,
  objectiveLagSeconds: z.number().describe('What was looked at longer ago than this is outdated'),
  pausedAt: z.iso.datetime().nullable(),
  secondaries: z.array(SECONDARY_RISK),
});
export type FailoverReport = z.infer<typeof FAILOVER_REPORT>;

export interface FailoverFacts {
  readonly link: string;
  readonly primary: string;
  readonly objectiveLagSeconds: number;
  readonly pausedAt: Date | null;
  readonly risks: readonly RiskView[];
}

export function failoverReport(facts: FailoverFacts): FailoverReport {
  const { link, primary, objectiveLagSeconds, pausedAt } = facts;
  const secondaries = facts.risks.map((risk) => riskOf(risk, facts));
  const verdicts = secondaries.map(({ verdict }) => verdict);
  const worst = (['lossy', 'unknown'] as const).find((verdict) => verdicts.includes(verdict));
  return {
    link,
    primary,
    verdict: worst ?? 'safe',
    objectiveLagSeconds,
    pausedAt: isoOrNull(pausedAt),
    secondaries,
  };
}

function riskOf(risk: RiskView, facts: FailoverFacts): z.infer<typeof SECONDARY_RISK> {
  const why = whyNotSafe(risk, facts);
  return {
    secondary: risk.secondary,
    verdict: why.includes('TAGS_MISSING') ? 'lossy' : why.length > 0 ? 'unknown' : 'safe',
    why: [...why],
    observedSince: isoOrNull(risk.observedSince),
    listedAt: isoOrNull(risk.listedAt),
    unreachableSince: isoOrNull(risk.unreachableSince),
    repositories: risk.repositories,
    tagsInSync: risk.tagsInSync,
    tagsMissing: risk.lostTags,
    tagsInDoubt: risk.doubtedTags,
    oldestDifferenceAt: isoOrNull(risk.oldestDifferenceAt),
    newestDifferenceAt: isoOrNull(risk.newestDifferenceAt),
    tags: risk.tags.map(lostTagOf),
    repositoriesUnknown: risk.unknownRepositories,
    unknown: risk.unknown.map(unknownOf),
  };
}

/** Everything between this secondary and `safe`; what is not known is not safe. */
export function whyNotSafe(
  risk: RiskView,
  { objectiveLagSeconds, pausedAt }: Pick<FailoverFacts, 'objectiveLagSeconds' | 'pausedAt'>,
): readonly Why[] {
  const isOutdated = risk.listingAgeSeconds !== null && risk.listingAgeSeconds > objectiveLagSeconds;
  const outdated = risk.unknownRepositories - risk.neverRead - risk.unreadable;
  const conditions: readonly (readonly [Why, boolean])[] = [
    ['TAGS_MISSING', risk.lostTags > 0],
    ['CONTENT_IN_DOUBT', risk.doubtedTags > 0],
    ['LINK_PAUSED', pausedAt !== null],
    ['PRIMARY_UNREACHABLE', risk.failure?.side === 'primary'],
    ['SECONDARY_UNREACHABLE', risk.failure?.side === 'secondary'],
    ['NEVER_LISTED', risk.listingAgeSeconds === null],
    ['LISTING_OUTDATED', isOutdated],
    ['REPOSITORIES_NEVER_READ', risk.neverRead > 0],
    ['REPOSITORIES_UNREADABLE', risk.unreadable > 0],
    ['OBSERVATION_OUTDATED', outdated > 0],
  ];
  return conditions.flatMap(([why, isSo]) => (isSo ? [why] : []));
}

function lostTagOf({ differentSince, ...tag }: LostTag): z.infer<typeof LOST_TAG> {
  return { ...tag, differentSince: differentSince.toISOString() };
}

function unknownOf({ since, ...repository }: UnknownRepository): z.infer<typeof UNKNOWN_REPOSITORY> {
  return { ...repository, since: since.toISOString() };
}
