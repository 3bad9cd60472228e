import { settleAll } from '../execution/settle-all.ts';
import { mapConcurrently } from '../inventory/map-concurrently.ts';
import type { LinkReport, ReadFailure, RepositoryReport } from '../planning/cycle-report.ts';
import type { LinkContext, SecondaryContext } from './link-context.ts';
import { findUnreachable, listLink, type NamedRepository } from './link-listing.ts';
import { linkReportOf } from './link-report.ts';
import { mergeJudgements, type OrphanJudgement } from './orphan-judgement.ts';
import { readFailureOf } from './read-failure.ts';
import { RepositoryCycle } from './repository-cycle.ts';
import { refuseSharedNames } from './shared-names.ts';
import { SharedReadings } from './shared-readings.ts';

/** Repositories of a link worked on at once: enough to keep both registries busy, few enough to hold in memory. */
const REPOSITORIES_AT_ONCE = 16;

/** What became of one secondary of the link. */
interface SecondaryResult {
  readonly secondary: SecondaryContext;
  readonly repositories: RepositoryReport[];
  failure: ReadFailure | null;
}

/**
 * One link through one cycle, in one process. The primary is read once for all secondaries; each goes at its own pace, and
 * a dead or slow one holds no other back. Its deletions come after all of its copies, when their number is known.
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
    const memories = [
      this.#context.primaryCapabilities,
      ...this.#alive.map(({ secondary }) => secondary.capabilities),
    ];
    await Promise.all(memories.map((memory) => memory.recall()));
    const readings = new SharedReadings(this.#context, this.#alive.length);
    await settleAll(this.#alive.map((result) => this.#bringUpToDate(result, repositories, readings)));
    if (this.#context.work.command === 'sync') for (const memory of memories) await memory.keep();
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
      const { repositories, refused } = await refuseSharedNames(this.#context, await listLink(this.#context));
      for (const result of this.#results) result.repositories.push(...refused);
      return repositories;
    } catch (error) {
      const failure = readFailureOf(error, 'primary');
      for (const result of this.#results) result.failure ??= failure;
      return [];
    }
  }

  /** Takes one secondary through all repositories, at its own pace. */
  async #bringUpToDate(
    result: SecondaryResult,
    repositories: readonly NamedRepository[],
    readings: SharedReadings,
  ): Promise<void> {
    const open = await mapConcurrently(repositories, REPOSITORIES_AT_ONCE, (repository) =>
      this.#copyRepository(result, repository, readings),
    );
    await this.#deleteOrphans(
      result,
      open.filter((cycle) => cycle !== undefined),
    );
  }

  /** Compares and copies one repository; gives it back when its orphans are still to be judged. */
  async #copyRepository(
    { secondary, repositories }: SecondaryResult,
    repository: NamedRepository,
    readings: SharedReadings,
  ): Promise<RepositoryCycle | undefined> {
    const { listed, secondaryRepository } = repository;
    const cycle = new RepositoryCycle(this.#context, secondary, listed, secondaryRepository);
    await cycle.compareAndCopy(await readings.take(repository, await cycle.recall()));
    if (cycle.hasOrphans) return cycle;
    repositories.push(await cycle.finish());
    return undefined;
  }

  /** Judges all repositories before the first deletion, so that the limit of a cycle holds for all of them or none. */
  async #deleteOrphans(result: SecondaryResult, open: readonly RepositoryCycle[]): Promise<void> {
    const nominations = new Map<RepositoryCycle, OrphanJudgement>();
    let wanted = 0;
    for (const cycle of open) {
      const nominated = await cycle.judgeOrphans(0);
      nominations.set(cycle, nominated);
      wanted += nominated.wanted;
    }
    for (const [cycle, nominated] of nominations) {
      await cycle.settleOrphans(mergeJudgements(nominated, await cycle.judgeOrphans(wanted)));
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
