import type { Digest } from '../oci/digest.ts';
import type { RepositoryName } from '../oci/reference.ts';
import { NOTHING_PREPARED, type PreparedContent } from '../execution/prepared-content.ts';
import { expectTags } from '../inventory/expected-tags.ts';
import type { FilteredContent, PlatformFilter } from '../inventory/platform-filter.ts';
import type { RepositoryReading } from '../inventory/repository-reader.ts';

/** What a link makes of the primary's content: everything as it is, or what is left of it on the wanted platforms. */
export class ContentFilter {
  readonly #platforms: PlatformFilter | undefined;

  /** @param platforms `undefined`: all platforms, byte for byte. */
  constructor(platforms: PlatformFilter | undefined) {
    this.#platforms = platforms;
  }

  /** The tags that a secondary is to hold. @throws {RegistryError} */
  async expect(
    reading: RepositoryReading,
    repository: RepositoryName,
    remembered: ReadonlyMap<Digest, Digest>,
  ): Promise<RepositoryReading> {
    if (this.#platforms === undefined) return reading;
    return await expectTags(reading, repository, { filter: this.#platforms, remembered });
  }

  /** What takes the place of the content of a digest. @throws {RegistryError} */
  async prepare(repository: RepositoryName, digest: Digest | null): Promise<PreparedContent> {
    if (this.#platforms === undefined || digest === null) return NOTHING_PREPARED;
    return toPrepared(await this.#platforms.apply(repository, digest));
  }
}

function toPrepared(content: FilteredContent): PreparedContent {
  switch (content.kind) {
    case 'filtered':
      return { documents: content.documents, leftOut: new Set() };
    case 'sparse':
      return { documents: new Map(), leftOut: content.leftOut };
    case 'as-is':
    case 'no-match':
      return NOTHING_PREPARED;
  }
}
