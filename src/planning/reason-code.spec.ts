import { describe, expect, it } from '@jest/globals';

import { FAILURE_CODES } from '../oci/failure-code.ts';
import { FILTER_REASONS, GATE_REASONS, REASON_CODES } from './reason-code.ts';

/** Dashboards, alerts and scripts hold on to these; a change here breaks them. */
const PUBLISHED = `
  UNAUTHORIZED FORBIDDEN NOT_FOUND RATE_LIMITED TIMEOUT NETWORK TLS SERVER_ERROR MALFORMED_RESPONSE LISTING_INCOMPLETE
  ACCEPT_MISMATCH DIGEST_MISMATCH MANIFEST_INVALID MANIFEST_TOO_LARGE AMBIGUOUS_MANIFEST UNSUPPORTED_MEDIA_TYPE
  MISSING_CONTENT SOURCE_CORRUPT SPARSE_REFUSED TAG_IMMUTABLE TARGET_READ_ONLY TARGET_FULL REPOSITORY_MISSING NAME_INVALID
  NAME_COLLISION TAG_DELETE_UNSUPPORTED ACKED_NOT_READABLE VERIFY_FAILED TAG_MOVED CANCELLED FILTERED_TAG FILTERED_PLATFORM
  DELETIONS_OFF REPORT_ONLY FROZEN FIRST_CYCLE CONFIG_CHANGED PRIMARY_EMPTY PRIMARY_UNREADABLE PRIMARY_STILL_HAS_TAG
  SENTINEL_MISSING COPY_FAILED OVER_BUDGET TOO_FEW_OBSERVATIONS FOREIGN_TAG SECONDARY_CHANGED REFERRER_OF_LIVE_SUBJECT`
  .trim()
  .split(/\s+/);

describe('the reason codes', () => {
  it('are those that are published', () => {
    expect([...REASON_CODES].sort()).toEqual([...PUBLISHED].sort());
  });

  it('each belong to one of failing, deleting and filtering', () => {
    expect(REASON_CODES).toHaveLength(new Set(REASON_CODES).size);
    expect([...FAILURE_CODES, ...GATE_REASONS, ...FILTER_REASONS]).toEqual([...REASON_CODES]);
  });

  it('fit into a label and a column: capitals and underscores', () => {
    expect(REASON_CODES.filter((code) => !/^[A-Z]+(?:_[A-Z]+)*$/.test(code))).toEqual([]);
  });
});
