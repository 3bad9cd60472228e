import type { Digest } from '../oci/digest.ts';
import type { RepositoryName } from '../oci/reference.ts';
import { mapConcurrently } from '../inventory/map-concurrently.ts';
import { listRepositories, type ListedRepository } from '../inventory/repository-lister.ts';
import { readPrimary } from '../inventory/repository-reader.ts';
import { PolicyError } from '../policy/policy-error.ts';
import { findCollisions, renameRepository } from '../policy/rename.ts';
import type { LinkReport, ReadFailure, RepositoryReport } from '../planning/cycle-report.ts';
import type { GateVerdict } from '../planning/deletion-gate.ts';
import { judgeLinkOutcome, totalLink } from '../planning/report-totals.ts';
import type { Tag } from '../oci/reference.ts';
import { failedRepository } from './failed-repository.ts';
import type { LinkContext, SecondaryContext } from './link-context.ts';
import { readFailureOf } from './read-failure.ts';
import { RepositoryCycle, type PrimaryReading } from './repository-cycle.ts';
import { unreadableSide } from './unreadable-side.ts';

/** Repositories of a link worked on at once: enough to keep both registries busy, few enough to hold in memory. */
const REPOSITORIES_AT_ONCE = 16;

/** What became of one secondary of the link. */
interface SecondaryResult {
  readonly secondary: SecondaryContext;
  readonly repositories: RepositoryReport[];
  failure: ReadFailure | null;
}

/**
 * One link through one cycle. The primary is read once for all secondaries; a dead secondary holds no other back.
 * Deletions come after every copy of the link, when their number in all is known.
 */
export class LinkCycle {
  readonly #context: LinkContext;
  readonly #results: readonly SecondaryResult[];

  constructor(context: LinkContext, secondaries: readonly SecondaryContext[]) {
    this.#context = context;
    this.#results = secondaries.map((secondary) => ({ secondary, repositories: [], failure: null }));
  }

  async run(): Promise<readonly LinkReport[]> {
    await this.#reachRegistries();
    const repositories = await this.#listRepositories();
    for (const { secondary } of this.#alive)
      this.#context.observer.linkStarted(secondary.name, repositories.length);
    const open = await mapConcurrently(repositories, REPOSITORIES_AT_ONCE, (repository) =>
      this.#copyRepository(repository),
    );
    for (const result of this.#alive) {
      await this.#deleteOrphans(
        result,
        open.flat().filter(({ owner }) => owner === result),
      );
    }
    return this.#results.map((result, index) => this.#report(result, index));
  }

  get #alive(): readonly SecondaryResult[] {
    return this.#results.filter(({ failure }) => failure === null);
  }

  async #reachRegistries(): Promise<void> {
    const pings = [
      this.#context.primary.ping().catch((error: unknown) => this.#failAll(readFailureOf(error, 'primary'))),
      ...this.#results.map(async (result) => {
        try {
          await result.secondary.client.ping();
        } catch (error) {
          result.failure ??= readFailureOf(error, 'secondary');
        }
      }),
    ];
    await Promise.all(pings);
  }

  #failAll(failure: ReadFailure): void {
    for (const result of this.#results) result.failure ??= failure;
  }

  async #listRepositories(): Promise<readonly ListedRepository[]> {
    if (this.#alive.length === 0) return [];
    const { primary, link } = this.#context;
    try {
      const { repositories, invalid } = await listRepositories(primary, link.policy.repositories);
      for (const name of invalid) {
        this.#reportAll(
          failedRepository(name, 'NAME_INVALID', 'the catalog of the primary lists a name that is none'),
        );
      }
      return this.#withoutCollisions(repositories);
    } catch (error) {
      this.#failAll(readFailureOf(error, 'primary'));
      return [];
    }
  }

  /** Two repositories that land on one name are refused before anything is written, and so is a name that cannot be. */
  #withoutCollisions(repositories: readonly ListedRepository[]): readonly ListedRepository[] {
    const { rename } = this.#context.link.policy;
    const named = repositories.filter(({ name }) => {
      const renamed = this.#rename(name);
      if (renamed.kind === 'invalid')
        this.#reportAll(failedRepository(name, 'NAME_INVALID', renamed.message));
      return renamed.kind === 'renamed';
    });
    const colliding = new Map<RepositoryName, RepositoryName>();
    for (const { secondary, primaries } of findCollisions(
      rename,
      named.map(({ name }) => name),
    )) {
      for (const name of primaries) colliding.set(name, secondary);
    }
    for (const [name, secondary] of colliding) {
      this.#reportAll(
        failedRepository(name, 'NAME_COLLISION', `more than one repository would be written to ${secondary}`),
      );
    }
    return named.filter(({ name }) => !colliding.has(name));
  }

  #rename(
    name: RepositoryName,
  ):
    | { readonly kind: 'renamed'; readonly name: RepositoryName }
    | { readonly kind: 'invalid'; readonly message: string } {
    try {
      return { kind: 'renamed', name: renameRepository(this.#context.link.policy.rename, name) };
    } catch (error) {
      if (error instanceof PolicyError) return { kind: 'invalid', message: error.message };
      throw error;
    }
  }

  #reportAll(report: RepositoryReport): void {
    for (const result of this.#results) result.repositories.push(report);
  }

  /** Compares and copies one repository to all secondaries; gives back those whose orphans are still to be judged. */
  async #copyRepository(repository: ListedRepository): Promise<readonly OpenRepository[]> {
    const renamed = this.#rename(repository.name);
    if (renamed.kind === 'invalid') return [];
    const cycles = this.#alive.map((owner) => ({
      owner,
      cycle: new RepositoryCycle(this.#context, owner.secondary, repository, renamed.name),
    }));
    const remembered = new Map<Digest, Digest>();
    for (const { cycle } of cycles) {
      for (const [digest, made] of await cycle.recall()) remembered.set(digest, made);
    }
    const reading = await this.#readPrimary(repository, remembered);
    const open: OpenRepository[] = [];
    const work = cycles.map(async ({ owner, cycle }) => {
      await cycle.compareAndCopy(reading);
      if (cycle.hasOrphans) open.push({ owner, cycle });
      else owner.repositories.push(await cycle.finish());
    });
    await Promise.all(work);
    return open;
  }

  async #readPrimary(
    repository: ListedRepository,
    remembered: ReadonlyMap<Digest, Digest>,
  ): Promise<PrimaryReading> {
    const { primary, link, content } = this.#context;
    try {
      const reading = await readPrimary(primary, repository.name, link.policy.tags);
      const isEmpty =
        reading.tags.size === 0 && reading.selection.dropped.length === 0 && reading.invalid.length === 0;
      if (!isEmpty || repository.namedBy === 'catalog') {
        return await content.expect(reading, repository.name, remembered);
      }
      const message = `${primary.name} has no repository ${repository.name} with tags; check the name in the configuration`;
      return { side: 'primary', reason: 'REPOSITORY_MISSING', message };
    } catch (error) {
      return readFailureOf(error, 'primary');
    }
  }

  /** Judges all repositories before the first deletion, so that the limit of a cycle holds for all of them or none. */
  async #deleteOrphans(result: SecondaryResult, open: readonly OpenRepository[]): Promise<void> {
    let wanted = 0;
    for (const { cycle } of open) wanted += countAllowed(await cycle.judgeOrphans(0));
    for (const { cycle } of open) {
      await cycle.settleOrphans(await cycle.judgeOrphans(wanted));
      result.repositories.push(await cycle.finish());
    }
  }

  #report({ secondary, repositories, failure: ownFailure }: SecondaryResult, index: number): LinkReport {
    const failure = ownFailure ?? unreadableSide(repositories);
    const sorted = repositories.toSorted((a, b) => (a.primaryRepository < b.primaryRepository ? -1 : 1));
    return {
      link: secondary.name.link,
      primary: this.#context.primary.name,
      secondary: secondary.name.secondary,
      outcome: judgeLinkOutcome(repositories, failure),
      failure,
      totals: totalLink(sorted, ownFailure, {
        primary: index === 0 ? this.#context.primary.meter.requests : 0,
        secondary: secondary.client.meter.requests,
      }),
      repositories: sorted,
    };
  }
}

interface OpenRepository {
  readonly owner: SecondaryResult;
  readonly cycle: RepositoryCycle;
}

function countAllowed(verdicts: ReadonlyMap<Tag, GateVerdict>): number {
  return [...verdicts.values()].filter(({ kind }) => kind === 'allowed').length;
}
