import { FAILURE_CODES, type FailureCode } from '../oci/failure-code.ts';

/** Why the deletion gate did not let an orphan tag be deleted. */
export const GATE_REASONS = [
  'DELETIONS_OFF',
  'REPORT_ONLY',
  'FROZEN',
  'FIRST_CYCLE',
  'CONFIG_CHANGED',
  'PRIMARY_EMPTY',
  'PRIMARY_UNREADABLE',
  'PRIMARY_STILL_HAS_TAG',
  'SENTINEL_MISSING',
  'COPY_FAILED',
  'OVER_BUDGET',
  'TOO_FEW_OBSERVATIONS',
  'FOREIGN_TAG',
  'SECONDARY_CHANGED',
  'REFERRER_OF_LIVE_SUBJECT',
] as const;
export type GateReason = (typeof GATE_REASONS)[number];

/** Why a tag is left alone by the policy of its link. */
export const FILTER_REASONS = ['FILTERED_TAG', 'FILTERED_PLATFORM'] as const;
export type FilterReason = (typeof FILTER_REASONS)[number];

/** The closed set of codes that reports, metrics and the API speak. */
export const REASON_CODES = [...FAILURE_CODES, ...GATE_REASONS, ...FILTER_REASONS] as const;
export type ReasonCode = FailureCode | GateReason | FilterReason;
