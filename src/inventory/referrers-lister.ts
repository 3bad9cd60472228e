import type { Digest } from '../oci/digest.ts';
import { referrersTag, type RepositoryName } from '../oci/reference.ts';
import type { RegistryClient } from '../registry/registry-client.ts';
import { RegistryError } from '../registry/registry-error.ts';

/** The manifests that name one as their subject, or the fact that the registry has no API to ask. */
export type Referrers = readonly Digest[] | 'unsupported';

/** Whether a registry has the referrers API, as far as one cycle has learnt it; shared by all that ask in that cycle. */
export interface LearntReferrersApi {
  api: 'unknown' | 'present' | 'absent';
}

/**
 * Asks one registry for referrers during one cycle. That the API is absent is learnt from the first answer; a registry that had it a
 * moment ago and now denies it has failed.
 */
export class ReferrersLister {
  readonly #client: RegistryClient;
  readonly #known = new Map<string, Promise<Referrers>>();
  readonly #learnt: LearntReferrersApi;

  constructor(client: RegistryClient, learnt: LearntReferrersApi = { api: 'unknown' }) {
    this.#client = client;
    this.#learnt = learnt;
  }

  /** By the API alone. @throws {RegistryError} */
  list(repository: RepositoryName, subject: Digest): Promise<Referrers> {
    if (this.#learnt.api === 'absent') return Promise.resolve('unsupported');
    const key = `${repository}@${subject}`;
    const known = this.#known.get(key) ?? this.#ask(repository, subject);
    this.#known.set(key, known);
    return known;
  }

  /** By the API, else by the referrers tag; a repository that does not exist yet has none. @throws {RegistryError} */
  async listWithFallback(repository: RepositoryName, subject: Digest): Promise<ReadonlySet<Digest>> {
    const listed = await this.list(repository, subject);
    return new Set(listed === 'unsupported' ? await this.#readTag(repository, subject) : listed);
  }

  async #ask(repository: RepositoryName, subject: Digest): Promise<Referrers> {
    try {
      const listing = await this.#client.listReferrers(repository, subject);
      if (listing.kind === 'listed') {
        this.#learnt.api = 'present';
        this.#client.capabilities.learn('referrers', 'works');
        return [...new Set(listing.descriptors.map(({ digest }) => digest))];
      }
    } catch (error) {
      if (error instanceof RegistryError && error.absent === 'repository') return [];
      throw error;
    }
    if (this.#learnt.api === 'present') {
      throw new RegistryError({
        code: 'MALFORMED_RESPONSE',
        request: { registry: this.#client.name, operation: 'referrers', repository, reference: subject },
        detail: 'the referrers API answered before and is not there now',
      });
    }
    this.#learnt.api = 'absent';
    this.#client.capabilities.learn('referrers', 'refused');
    return 'unsupported';
  }

  /** GitLab resolves `sha256-<hex>` to the image itself: only an index of others is a list of referrers. */
  async #readTag(repository: RepositoryName, subject: Digest): Promise<readonly Digest[]> {
    try {
      const document = await this.#client.manifests.get(repository, referrersTag(subject));
      if (document.kind !== 'index' || document.digest === subject) return [];
      return (document.view.manifests ?? []).map(({ digest }) => digest);
    } catch (error) {
      if (error instanceof RegistryError && error.absent !== undefined) return [];
      throw error;
    }
  }
}
