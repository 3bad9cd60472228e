import type { Digest } from '../oci/digest.ts';
import { readPrimary, type RepositoryReading } from '../inventory/repository-reader.ts';
import type { ListedRepository } from '../inventory/repository-lister.ts';
import type { ReadFailure } from '../planning/cycle-report.ts';
import { creationMemoryOf } from './creation-memory.ts';
import type { LinkContext } from './link-context.ts';
import { readFailureOf } from './read-failure.ts';

/** The primary's side of one repository, read once for all secondaries, or why it could not be read. */
export type PrimaryReading = RepositoryReading | ReadFailure;

/** @param remembered what was made of the primary's digests before, so that it need not be made again. */
export async function readPrimarySide(
  { primary, link, content, store, work }: LinkContext,
  { name, namedBy }: ListedRepository,
  remembered: ReadonlyMap<Digest, Digest>,
): Promise<PrimaryReading> {
  try {
    const reading = await readPrimary(primary, name, {
      filter: link.policy.tags,
      digestTags: link.policy.referrers === 'all' ? 'follow' : 'filter',
      memory: creationMemoryOf(store, work),
    });
    const isEmpty =
      reading.tags.size === 0 && reading.selection.dropped.length === 0 && reading.invalid.length === 0;
    if (!isEmpty || namedBy !== 'exact') return await content.expect(reading, name, remembered);
    const message = `${primary.name} has no repository ${name} with tags; check the name in the configuration`;
    return { side: 'primary', reason: 'REPOSITORY_MISSING', message };
  } catch (error) {
    return readFailureOf(error, 'primary');
  }
}
