import type { RepositoryName } from '../oci/reference.ts';
import type { PlanStep } from '../planning/step.ts';
import type { RegistryClient } from '../registry/registry-client.ts';
import { lookUpManifest } from './deletion-evidence.ts';

/**
 * Whether a tag is no longer there. A tag without a manifest answers 404 before and after, so the listing has the last word.
 *
 * @throws {RegistryError} when the listing cannot be had.
 */
export async function isTagGone(
  registry: RegistryClient,
  repository: RepositoryName,
  { tag, secondaryDigest }: Pick<PlanStep, 'tag' | 'secondaryDigest'>,
): Promise<boolean> {
  if (secondaryDigest !== null) {
    const found = await lookUpManifest(registry, repository, tag);
    if (found.kind === 'present') return false;
  }
  const listing = await registry.listTags(repository);
  return listing.kind === 'repository-unknown' || !listing.names.includes(tag);
}
