import type { FailureCode } from '../oci/failure-code.ts';
import type { FilterReason, GateReason, ReasonCode } from '../planning/reason-code.ts';

/** A reason code in words, one sentence each. */
export interface ReasonExplanation {
  readonly meaning: string;
  /** What the operator does next. */
  readonly next: string;
}

const READING: Record<
  Extract<
    FailureCode,
    | 'UNAUTHORIZED'
    | 'FORBIDDEN'
    | 'NOT_FOUND'
    | 'RATE_LIMITED'
    | 'TIMEOUT'
    | 'NETWORK'
    | 'TLS'
    | 'SERVER_ERROR'
    | 'MALFORMED_RESPONSE'
    | 'LISTING_INCOMPLETE'
    | 'CANCELLED'
  >,
  ReasonExplanation
> = {
  UNAUTHORIZED: {
    meaning: 'The registry did not accept the credentials, or wants some and got none.',
    next: 'Check the credentials of the registry named in the message, and whether they have expired.',
  },
  FORBIDDEN: {
    meaning: 'The registry knows the credentials but does not allow them this operation.',
    next: 'Grant pull on the primary, and pull and push (and delete, for orphans) on the secondary.',
  },
  NOT_FOUND: {
    meaning: 'The registry answered that it does not have what was asked for.',
    next: 'Check the address and the name of the repository; a registry without a catalog wants exact names, and some say this where rights are missing.',
  },
  RATE_LIMITED: {
    meaning: 'The registry asked for fewer requests and did not relent within the retries.',
    next: 'Wait, then lower limits.requestsPerSecond or limits.concurrency of that registry, or raise its quota.',
  },
  TIMEOUT: {
    meaning: 'The registry did not answer in time, or stopped in the middle of an answer.',
    next: 'Check its load and the network between here and there; the next cycle tries again.',
  },
  NETWORK: {
    meaning: 'No connection to the registry came about, or it broke.',
    next: 'Check the address, name resolution, firewall and proxy; the next cycle tries again.',
  },
  TLS: {
    meaning: 'The certificate of the registry was not accepted.',
    next: 'Check its expiry and host name; name a private authority in tls.ca of the registry.',
  },
  SERVER_ERROR: {
    meaning: 'The registry failed by its own account (a 5xx answer) and kept failing through the retries.',
    next: 'Look into the logs of that registry; the next cycle tries again.',
  },
  MALFORMED_RESPONSE: {
    meaning: 'The answer is not what a registry sends: a page of a proxy, half a document, a missing header.',
    next: 'Check that the address is that of a registry and what stands in front of it.',
  },
  LISTING_INCOMPLETE: {
    meaning:
      'A list of repositories or tags could not be read to its end, so it proves nothing; nothing was deleted.',
    next: 'Look into the logs of that registry; exact names under repositories.include make its catalog unnecessary.',
  },
  CANCELLED: {
    meaning: 'The cycle was cancelled before this was done; what was done before stays done.',
    next: 'Nothing, or start it again: the next cycle does the rest.',
  },
};

const CONTENT: Record<
  Extract<
    FailureCode,
    | 'ACCEPT_MISMATCH'
    | 'DIGEST_MISMATCH'
    | 'MANIFEST_INVALID'
    | 'MANIFEST_TOO_LARGE'
    | 'AMBIGUOUS_MANIFEST'
    | 'UNSUPPORTED_MEDIA_TYPE'
    | 'MISSING_CONTENT'
    | 'SOURCE_CORRUPT'
    | 'TAG_MOVED'
  >,
  ReasonExplanation
> = {
  ACCEPT_MISMATCH: {
    meaning: 'The registry has the manifest but not in a form it was asked for.',
    next: 'Look up the media type of that tag; a proxy that rewrites the Accept header causes this too.',
  },
  DIGEST_MISMATCH: {
    meaning: 'Bytes arrived that do not have the digest they were asked for by; they were not kept.',
    next: 'If it comes back, look for a proxy or cache that changes content on the way.',
  },
  MANIFEST_INVALID: {
    meaning: 'The manifest is not a valid one, or the secondary does not accept it.',
    next: 'Read the message; push the image anew with a current tool, or relax the checks of the secondary.',
  },
  MANIFEST_TOO_LARGE: {
    meaning: 'The manifest is larger than a registry has to accept.',
    next: 'Build a smaller index, or exclude the tag.',
  },
  AMBIGUOUS_MANIFEST: {
    meaning:
      'The manifest can be read as an image and as an index, which is a way to smuggle content (CVE-2021-41190).',
    next: 'Find out who pushed it, then push it anew or delete it on the primary.',
  },
  UNSUPPORTED_MEDIA_TYPE: {
    meaning: 'The kind of content is one that the secondary refuses.',
    next: 'Allow that media type on the secondary, or exclude the tag.',
  },
  MISSING_CONTENT: {
    meaning: 'A tag, manifest or blob that should be there is not.',
    next: 'On the primary: push the image anew. On the secondary: run sync, or a resync with mode recopy.',
  },
  SOURCE_CORRUPT: {
    meaning: 'The primary serves content that does not have its own digest or size; it was not copied.',
    next: 'Check the storage of the primary and push the image anew.',
  },
  TAG_MOVED: {
    meaning: 'The tag changed on the primary while it was being copied.',
    next: 'Nothing: the next cycle copies the new state.',
  },
};

const WRITING: Record<
  Extract<
    FailureCode,
    | 'SPARSE_REFUSED'
    | 'TAG_IMMUTABLE'
    | 'TARGET_READ_ONLY'
    | 'TARGET_FULL'
    | 'REPOSITORY_MISSING'
    | 'NAME_INVALID'
    | 'NAME_COLLISION'
    | 'TAG_DELETE_UNSUPPORTED'
    | 'ACKED_NOT_READABLE'
    | 'VERIFY_FAILED'
  >,
  ReasonExplanation
> = {
  SPARSE_REFUSED: {
    meaning: 'The secondary does not take an index of which some platforms are absent.',
    next: 'Set platformMode: filtered, copy all platforms, or relax the check of the secondary.',
  },
  TAG_IMMUTABLE: {
    meaning: 'The secondary does not let this tag be changed.',
    next: 'Lift the immutability rule on the secondary, delete the tag there by hand, or exclude it.',
  },
  TARGET_READ_ONLY: {
    meaning: 'The secondary takes no writes: maintenance, or it is a pull-through cache.',
    next: 'End the maintenance, or point the link at a registry that takes pushes.',
  },
  TARGET_FULL: {
    meaning: 'The secondary has no room left, or a quota is used up.',
    next: 'Free space or raise the quota; the next cycle goes on where this one stopped.',
  },
  REPOSITORY_MISSING: {
    meaning: 'The repository does not exist, and it was named exactly or cannot be made by a push.',
    next: 'Check its name; on registries that want it first, create it on the secondary.',
  },
  NAME_INVALID: {
    meaning: 'A repository or tag name is not one that registries allow, perhaps after the rename.',
    next: 'Check the rename of the link, or exclude the name.',
  },
  NAME_COLLISION: {
    meaning:
      'Two repositories, of one link or of two, would be written to the same name on a secondary; neither was.',
    next: 'Change the rename of a link, or exclude one of them.',
  },
  TAG_DELETE_UNSUPPORTED: {
    meaning:
      'The secondary cannot delete a tag by its name; by digest it would take other tags along, so the orphan stays.',
    next: 'Delete it with the means of that registry, upgrade it, or opt in to deletions.fallback: tombstone.',
  },
  ACKED_NOT_READABLE: {
    meaning: 'The secondary confirmed a write and then could not serve what was written.',
    next: 'Check its storage and cache, restart it after a garbage collection, then run sync again.',
  },
  VERIFY_FAILED: {
    meaning: 'Reading back what was written did not give what was written.',
    next: 'Run verify on the repository; if it comes back, look for a cache in front of the secondary.',
  },
};

const GATE: Record<GateReason, ReasonExplanation> = {
  DELETIONS_OFF: {
    meaning: 'The tag is gone from the primary, and this link never deletes.',
    next: 'Nothing, or set deletions.orphans: delete (ad hoc: --delete-orphans).',
  },
  REPORT_ONLY: {
    meaning: 'The tag is gone from the primary, and this link only reports orphans.',
    next: 'Nothing, or set deletions.orphans: delete.',
  },
  FROZEN: {
    meaning: 'An operator has frozen all deletions.',
    next: 'Find out why, then unfreeze them: POST /api/v1/deletions/unfreeze.',
  },
  FIRST_CYCLE: {
    meaning: 'Nothing is deleted in the first cycle of a repository.',
    next: 'Nothing: a later cycle decides; or approve the held plan.',
  },
  CONFIG_CHANGED: {
    meaning: 'The filters or the address of the primary changed, so tags may only seem to be gone.',
    next: 'Check the change; the next cycle decides, or approve the held plan.',
  },
  PRIMARY_EMPTY: {
    meaning: 'The repository has no tags left on the primary, which more often is an accident than a wish.',
    next: 'Look at the primary; if it is meant to be empty, approve the held plan.',
  },
  PRIMARY_UNREADABLE: {
    meaning: 'The primary could not be asked whether the tag is really gone.',
    next: 'Look at the primary; a later cycle asks again.',
  },
  PRIMARY_STILL_HAS_TAG: {
    meaning: 'The list of the primary lacks the tag, but the primary still serves it.',
    next: 'Nothing for this tag; look into the primary, its listing is not to be trusted.',
  },
  SENTINEL_MISSING: {
    meaning: 'A tag that must be on the primary is not, so this may be the wrong or a damaged registry.',
    next: 'Check the address of the primary and its data, and deletions.sentinel of the link.',
  },
  COPY_FAILED: {
    meaning: 'Nothing is deleted in a repository while a copy in it fails.',
    next: 'Repair the failed copies first; the next cycle decides again.',
  },
  OVER_BUDGET: {
    meaning: 'More tags would be deleted than the budget allows, so none was.',
    next: 'Look at the list; then approve the held plan, or say --max-deletions.',
  },
  TOO_FEW_OBSERVATIONS: {
    meaning: 'The tag has not been gone often or long enough to be believed.',
    next: 'Nothing: a later cycle deletes it (deletions.minObservations, deletions.minAbsence).',
  },
  FOREIGN_TAG: {
    meaning:
      'The tag was never seen on the primary, or somebody else has put other content under it on the secondary.',
    next: 'Ask its owner; delete it by hand, approve the held plan, or set deletions.adoptForeign.',
  },
  SECONDARY_CHANGED: {
    meaning: 'The tag changed on the secondary after it was listed.',
    next: 'Find out who writes to the secondary; the next cycle looks again.',
  },
  REFERRER_OF_LIVE_SUBJECT: {
    meaning: 'The tag carries signatures or attestations of an image that stays.',
    next: 'Nothing: it goes when its image goes.',
  },
};

const FILTER: Record<FilterReason, ReasonExplanation> = {
  FILTERED_TAG: {
    meaning: 'The tag is outside the tag filters of the link and is left alone on both sides.',
    next: 'Nothing, or change tags.include, tags.exclude or tags.newest of the link.',
  },
  FILTERED_PLATFORM: {
    meaning: 'The image has none of the platforms of the link and is left alone.',
    next: 'Nothing, or add its platform to platforms of the link.',
  },
};

const EXPLANATIONS: Record<ReasonCode, ReasonExplanation> = {
  ...READING,
  ...CONTENT,
  ...WRITING,
  ...GATE,
  ...FILTER,
};

/** What a reason code means and what to do about it. */
export function explainReason(reason: ReasonCode): ReasonExplanation {
  return EXPLANATIONS[reason];
}
