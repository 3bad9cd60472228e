import type { LinkConfiguration } from '../config/configuration.ts';
import type { RepositoryName } from '../oci/reference.ts';
import { isInScope } from '../policy/repository-scope.ts';
import type { DeletionEvidence } from '../planning/deletion-gate.ts';
import type { KnownRepository } from '../planning/repository-memory.ts';
import type { StateStore } from '../state/state-store.ts';

/**
 * The repositories that a link has brought to its secondaries: what is remembered of them, asked of the state once per secondary,
 * and what this process has seen of the primary since.
 */
export class LinkCatalog {
  readonly #link: LinkConfiguration;
  readonly #store: StateStore;
  readonly #remembered = new Map<string, Promise<readonly KnownRepository[]>>();
  readonly #seen = new Map<RepositoryName, KnownRepository['onPrimary']>();

  constructor(link: LinkConfiguration, store: StateStore) {
    this.#link = link;
    this.#store = store;
  }

  #rememberedOf(secondary: string): Promise<readonly KnownRepository[]> {
    const known = this.#remembered.get(secondary) ?? this.#ask(secondary);
    this.#remembered.set(secondary, known);
    return known;
  }

  /** Names that any secondary has something of. @throws {StateError} */
  async names(): Promise<ReadonlySet<RepositoryName>> {
    const names = new Set<RepositoryName>();
    for (const secondary of this.#link.secondaries) {
      for (const { name } of await this.#rememberedOf(secondary.name)) names.add(name);
    }
    return names;
  }

  /** Has the state asked once more, as other processes may have written to it. */
  renew(secondary: string): void {
    this.#remembered.delete(secondary);
  }

  /** The primary's tags of a repository have been read completely. */
  saw(repository: RepositoryName, tags: number): void {
    this.#seen.set(repository, tags > 0 ? 'tagged' : 'gone');
  }

  /** @throws {StateError} */
  async evidence(secondary: string): Promise<DeletionEvidence['catalog']> {
    const known = await this.#rememberedOf(secondary);
    const gone = known.filter(({ name, onPrimary }) => (this.#seen.get(name) ?? onPrimary) === 'gone');
    return { known: known.length, gone: gone.length };
  }

  /** What an operator narrowed one run to does not narrow what is known. */
  async #ask(secondary: string): Promise<readonly KnownRepository[]> {
    const { include, exclude } = this.#link.policy.repositories;
    const known = await this.#store.knownRepositories(this.#link.name, secondary);
    return known.filter(({ name }) => isInScope({ include, exclude }, name));
  }
}
