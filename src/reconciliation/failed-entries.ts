import type { RepositoryReading } from '../inventory/repository-reader.ts';
import { isDigest } from '../oci/digest.ts';
import { stepEnded, type StepOutcome } from '../planning/step.ts';

/** `null` (Nexus) and digests (Artifactory) among the tags are noise; any other entry that is no tag is a failure. */
export function failedEntries({ invalid }: RepositoryReading): StepOutcome[] {
  return invalid
    .filter((entry) => entry !== 'null' && !isDigest(entry))
    .map((tag) =>
      stepEnded(
        { kind: 'copy-tag', tag, primaryDigest: null, secondaryDigest: null },
        'failed',
        'NAME_INVALID',
        'the primary lists an entry that is no tag',
      ),
    );
}
