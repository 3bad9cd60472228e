import type { Tag } from '../oci/reference.ts';
import { mapConcurrently } from '../inventory/map-concurrently.ts';
import type { LinkReport, ReadFailure, RepositoryReport } from '../planning/cycle-report.ts';
import type { GateVerdict } from '../planning/deletion-gate.ts';
import type { LinkContext, SecondaryContext } from './link-context.ts';
import { findUnreachable, listLink, type NamedRepository } from './link-listing.ts';
import { linkReportOf } from './link-report.ts';
import { countAllowed } from './orphan-question.ts';
import { readFailureOf } from './read-failure.ts';
import type { RepositoryCycle } from './repository-cycle.ts';
import { RepositoryRun } from './repository-run.ts';
import { withoutNewcomers } from './without-newcomers.ts';

/** Repositories of a link worked on at once: enough to keep both registries busy, few enough to hold in memory. */
const REPOSITORIES_AT_ONCE = 16;

/** What became of one secondary of the link. */
interface SecondaryResult {
  readonly secondary: SecondaryContext;
  readonly repositories: RepositoryReport[];
  failure: ReadFailure | null;
}

/**
 * One link through one cycle, in one process. The primary is read once for all secondaries; a dead secondary holds no other
 * back. Deletions come after every copy of the link, when their number in all is known.
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
    const unreachable = await findUnreachable(
      this.#context,
      this.#results.map(({ secondary }) => secondary),
    );
    for (const result of this.#results)
      result.failure = unreachable.get(result.secondary.name.secondary) ?? null;
  }

  async #listRepositories(): Promise<readonly NamedRepository[]> {
    if (this.#alive.length === 0) return [];
    try {
      const { repositories, refused } = await listLink(this.#context);
      for (const result of this.#results) result.repositories.push(...refused);
      return repositories;
    } catch (error) {
      const failure = readFailureOf(error, 'primary');
      for (const result of this.#results) result.failure ??= failure;
      return [];
    }
  }

  /** Compares and copies one repository to all secondaries; gives back those whose orphans are still to be judged. */
  async #copyRepository(repository: NamedRepository): Promise<readonly OpenRepository[]> {
    const owners = this.#alive;
    const run = new RepositoryRun(
      this.#context,
      owners.map(({ secondary }) => secondary),
      repository,
    );
    const open: OpenRepository[] = [];
    await run.compareAndCopy(async ({ secondary, cycle }) => {
      const owner = owners.find((result) => result.secondary === secondary);
      if (owner === undefined) return;
      if (cycle.hasOrphans) open.push({ owner, cycle });
      else owner.repositories.push(await cycle.finish());
    });
    return open;
  }

  /** Judges all repositories before the first deletion, so that the limit of a cycle holds for all of them or none. */
  async #deleteOrphans(result: SecondaryResult, open: readonly OpenRepository[]): Promise<void> {
    const nominations = new Map<OpenRepository, ReadonlyMap<Tag, GateVerdict>>();
    let wanted = 0;
    for (const repository of open) {
      const nominated = await repository.cycle.judgeOrphans(0);
      nominations.set(repository, nominated);
      wanted += countAllowed(nominated);
    }
    for (const [{ cycle }, nominated] of nominations) {
      await cycle.settleOrphans(withoutNewcomers(nominated, await cycle.judgeOrphans(wanted)));
      result.repositories.push(await cycle.finish());
    }
  }

  #report({ secondary, repositories, failure }: SecondaryResult, index: number): LinkReport {
    return linkReportOf({
      name: secondary.name,
      primary: this.#context.primary.name,
      repositories,
      failure,
      requests: {
        primary: index === 0 ? this.#context.primary.meter.requests : 0,
        secondary: secondary.client.meter.requests,
      },
    });
  }
}

interface OpenRepository {
  readonly owner: SecondaryResult;
  readonly cycle: RepositoryCycle;
}
