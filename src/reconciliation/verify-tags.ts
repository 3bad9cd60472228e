import { OciError } from '../oci/oci-error.ts';
import { mapConcurrently } from '../inventory/map-concurrently.ts';
import type { ReasonCode } from '../planning/reason-code.ts';
import type { TagDifference } from '../planning/diff-tag-maps.ts';
import { stepEnded, type StepOutcome } from '../planning/step.ts';
import { RegistryError } from '../registry/registry-error.ts';
import { VerificationError } from '../verification/pullability-verifier.ts';

const TAGS_AT_ONCE = 16;

export type InSyncTag = Extract<TagDifference, { kind: 'in-sync' }>;

/**
 * Verifies every expected tag of one repository on its secondary, and gives the steps of those that do not pull.
 * Orphans are no matter of this: they pull, too.
 *
 * @param verify looks below a tag whose digest is right.
 */
export async function verifyTags(
  differences: readonly TagDifference[],
  verify: (difference: InSyncTag) => Promise<void>,
): Promise<readonly StepOutcome[]> {
  const outcomes = await mapConcurrently(differences, TAGS_AT_ONCE, (difference) =>
    verifyTag(difference, verify),
  );
  return outcomes.filter((outcome) => outcome !== undefined);
}

async function verifyTag(
  difference: TagDifference,
  verify: (difference: InSyncTag) => Promise<void>,
): Promise<StepOutcome | undefined> {
  const { tag, primaryDigest, secondaryDigest } = difference;
  const fail = (reason: ReasonCode, message: string): StepOutcome =>
    stepEnded({ kind: 'verify-tag', tag, primaryDigest, secondaryDigest }, 'failed', reason, message);
  switch (difference.kind) {
    case 'orphan':
      return undefined;
    case 'missing':
      return fail('MISSING_CONTENT', 'the secondary does not have the tag');
    case 'moved':
      return fail('VERIFY_FAILED', "the secondary's tag stands for something else");
    case 'unreadable':
      return primaryDigest === null && difference.side === 'secondary'
        ? undefined
        : fail(difference.code, difference.message);
    case 'in-sync':
      try {
        await verify(difference);
        return undefined;
      } catch (error) {
        if (error instanceof RegistryError || error instanceof VerificationError)
          return fail(error.code, error.message);
        if (error instanceof OciError) return fail('MANIFEST_INVALID', error.message);
        throw error;
      }
  }
}
