import { isRepositoryName } from '../oci/reference.ts';
import { compilePattern } from '../policy/pattern.ts';
import { isInScope } from '../policy/repository-scope.ts';
import { ReferrersLister, type LearntReferrersApi } from '../inventory/referrers-lister.ts';
import type { ListedRepository } from '../inventory/repository-lister.ts';
import type { ReadFailure, RepositoryReport } from '../planning/cycle-report.ts';
import { failedRepository } from './failed-repository.ts';
import type { LinkContext, SecondaryContext } from './link-context.ts';
import { findUnreachable, listLink, namedBy, nameRepositories, type LinkListing } from './link-listing.ts';
import { mergeJudgements, type OrphanJudgement } from './orphan-judgement.ts';
import { readFailureOf } from './read-failure.ts';
import type { RepositoryCycle } from './repository-cycle.ts';
import { RepositoryRun, type LagListener } from './repository-run.ts';
import { refuseSharedNames } from './shared-names.ts';
import { SecondaryTurns } from './secondary-turns.ts';

/** Which repositories of a link a cycle is about: all, or those that match a pattern or are named, as far as the link has them. */
export type ListingScope =
  | { readonly kind: 'all' }
  | {
      readonly kind: 'some';
      readonly patterns: readonly string[];
      readonly names: readonly string[];
      /** What else the link is known to have, for names that collide. */
      readonly known: readonly string[];
    };

/** What a cycle of a link found at its beginning. */
export interface SessionListing extends LinkListing {
  /** Secondaries, by name, that cannot be worked on; all of them where the primary is the reason. */
  readonly failures: ReadonlyMap<string, ReadFailure>;
}

/** One repository to work on, and the secondaries that can be reached. */
export interface RepositoryTask {
  readonly repository: {
    readonly name: string;
    readonly namedBy: ListedRepository['namedBy'];
    /** Tag patterns; none: the whole repository. */
    readonly tags: readonly string[];
  };
  readonly history: LinkContext['history'];
  readonly secondaries: readonly string[];
}

/** What became of a repository on one secondary. */
export interface SecondaryOutcome {
  readonly secondary: string;
  readonly report: RepositoryReport;
  /**
   * Deletions that the gate would let through if the cycle wanted no others. Above 0 the repository is still open: nothing was
   * deleted and nothing written down, and it must be run once more when the number of the whole cycle is known.
   */
  readonly wantedDeletions: number;
  /** Tags of the primary that changed since the repository was last looked at. */
  readonly changes: number;
  /** Tags that the run leaves in doubt: the next cycle must walk them without shortcuts. */
  readonly doubts: number;
}

/** Tells how many deletions the whole cycle wants on a secondary, those of the asking repository included. */
export type DeletionBudget = (secondary: string, wanted: number) => Promise<number>;

/** What was sent to the registries since the last question. */
export interface RequestCounts {
  readonly primary: number;
  readonly secondaries: ReadonlyMap<string, number>;
}

/**
 * One link during one cycle in one process, for whoever hands it the repositories one by one. What is learnt of one repository
 * (where a blob lies, which API is missing) serves the next.
 */
export class LinkSession {
  readonly #context: LinkContext;
  readonly #secondaries: readonly SecondaryContext[];
  readonly #signal: AbortSignal;
  readonly #learntPrimary: LearntReferrersApi = { api: 'unknown' };
  readonly #learnt: ReadonlyMap<string, LearntReferrersApi>;
  readonly #counted = new Map<string, number>();
  readonly #turns: SecondaryTurns;
  /** Secondaries whose deletions have begun. */
  readonly #deleting = new Set<string>();

  constructor(context: LinkContext, secondaries: readonly SecondaryContext[], signal: AbortSignal) {
    this.#context = context;
    this.#secondaries = secondaries;
    this.#signal = signal;
    this.#learnt = new Map(secondaries.map(({ name }) => [name.secondary, { api: 'unknown' }]));
    this.#turns = new SecondaryTurns(secondaries.map(({ name }) => name.secondary));
  }

  /** Finds out what there is to do; a registry that cannot be reached is in the answer. */
  async list(scope: ListingScope): Promise<SessionListing> {
    const failures = await findUnreachable(this.#context, this.#secondaries);
    if (failures.size === this.#secondaries.length) return { repositories: [], refused: [], failures };
    try {
      const listing = await refuseSharedNames(this.#context, await this.#listScope(scope));
      return { ...listing, failures };
    } catch (error) {
      const failure = readFailureOf(error, 'primary');
      const all = this.#secondaries.map(({ name }) => [
        name.secondary,
        failures.get(name.secondary) ?? failure,
      ]);
      return { repositories: [], refused: [], failures: new Map(all as [string, ReadFailure][]) };
    }
  }

  /** Compares and copies. Repositories without an orphan that may go are finished with this. @throws when aborted. */
  async copy(task: RepositoryTask, lags: LagListener): Promise<readonly SecondaryOutcome[]> {
    return await this.#run(task, lags, async (cycle) => {
      const judgement = cycle.hasOrphans ? await cycle.judgeOrphans(0) : undefined;
      const wantedDeletions = judgement?.wanted ?? 0;
      const found = { wantedDeletions, changes: cycle.changes, doubts: cycle.doubts };
      if (wantedDeletions > 0) return { report: cycle.report(), ...found };
      return { report: await this.#finish(cycle, judgement), ...found };
    });
  }

  /** Compares, copies and deletes, as far as the budget of the whole cycle goes. @throws when aborted. */
  async copyAndDelete(
    task: RepositoryTask,
    lags: LagListener,
    budget: DeletionBudget,
  ): Promise<readonly SecondaryOutcome[]> {
    return await this.#run(task, lags, async (cycle, secondary) => {
      this.#renewCatalog(secondary);
      const nominated = cycle.hasOrphans ? await cycle.judgeOrphans(0) : undefined;
      const wanted = nominated?.wanted ?? 0;
      const judgement =
        nominated === undefined || wanted === 0
          ? nominated
          : mergeJudgements(nominated, await cycle.judgeOrphans(await budget(secondary, wanted)));
      const found = { wantedDeletions: 0, changes: 0, doubts: cycle.doubts };
      return { report: await this.#finish(cycle, judgement), ...found };
    });
  }

  /** Requests since the last call, so that the jobs of a cycle can be added up. */
  takeRequests(): RequestCounts {
    return {
      primary: this.#take('primary', this.#context.primary.meter.requests),
      secondaries: new Map(
        this.#secondaries.map(({ name, client }) => [
          name.secondary,
          this.#take(`secondary ${name.secondary}`, client.meter.requests),
        ]),
      ),
    };
  }

  async #listScope(scope: ListingScope): Promise<LinkListing> {
    const { link } = this.#context;
    if (scope.kind === 'all') return await listLink(this.#context);
    const { repositories, rename } = link.policy;
    const named = scope.names
      .filter(isRepositoryName)
      .filter((name) => isInScope(repositories, name))
      .map((name): ListedRepository => ({ name, namedBy: namedBy(repositories, name) }));
    const matched = scope.patterns.length === 0 ? NOTHING_LISTED : await this.#listPatterns(scope.patterns);
    const known = new Set(matched.repositories.map(({ listed }) => listed.name));
    const listed = [
      ...matched.repositories.map((repository) => repository.listed),
      ...named.filter(({ name }) => !known.has(name)),
    ];
    const others = scope.known.filter(isRepositoryName).filter((name) => isInScope(repositories, name));
    const all = nameRepositories(rename, listed, others);
    return { repositories: all.repositories, refused: [...matched.refused, ...all.refused] };
  }

  async #listPatterns(patterns: readonly string[]): Promise<LinkListing> {
    const { link } = this.#context;
    const repositories = {
      ...link.policy.repositories,
      narrowedTo: patterns.map((text) => compilePattern(text)),
    };
    return await listLink({
      ...this.#context,
      link: { ...link, policy: { ...link.policy, repositories } },
    });
  }

  async #run(
    task: RepositoryTask,
    lags: LagListener,
    settle: (cycle: RepositoryCycle, secondary: string) => Promise<Omit<SecondaryOutcome, 'secondary'>>,
  ): Promise<readonly SecondaryOutcome[]> {
    const { name, namedBy: origin } = task.repository;
    const listed = isRepositoryName(name) ? [{ name, namedBy: origin }] : [];
    const { repositories, refused } = nameRepositories(this.#context.link.policy.rename, listed);
    const [repository] = repositories;
    if (repository === undefined) return refusedEverywhere(name, task, refused[0]);
    const secondaries = this.#freshSecondaries(task);
    const memories = [
      this.#context.primaryCapabilities,
      ...secondaries.map(({ capabilities }) => capabilities),
    ];
    await Promise.all(memories.map((memory) => memory.recall()));
    const run = new RepositoryRun(this.#freshContext(task), secondaries, repository, this.#turns);
    const outcomes: SecondaryOutcome[] = [];
    await run.compareAndCopy(async ({ secondary, cycle }) => {
      // An aborted run has seen half of everything: it must not be written down as an observation.
      this.#signal.throwIfAborted();
      const name = secondary.name.secondary;
      outcomes.push({ secondary: name, ...(await settle(cycle, name)) });
    }, lags);
    if (this.#context.work.command === 'sync') for (const memory of memories) await memory.keep();
    return outcomes;
  }

  async #finish(cycle: RepositoryCycle, judgement: OrphanJudgement | undefined): Promise<RepositoryReport> {
    this.#signal.throwIfAborted();
    if (judgement !== undefined) await cycle.settleOrphans(judgement);
    return await cycle.finish();
  }

  /** A repository may be run again because it has changed: what was listed of it before is not asked again from memory. */
  #freshContext({ repository, history }: RepositoryTask): LinkContext {
    return {
      ...this.#context,
      ...narrowed(this.#context, repository.tags),
      history,
      primaryReferrers: new ReferrersLister(this.#context.primary, this.#learntPrimary),
    };
  }

  #freshSecondaries({ secondaries }: RepositoryTask): readonly SecondaryContext[] {
    return this.#secondaries
      .filter(({ name }) => secondaries.includes(name.secondary))
      .map((secondary) => ({
        ...secondary,
        referrers: new ReferrersLister(secondary.client, this.#learnt.get(secondary.name.secondary)),
      }));
  }

  /** All copies to the secondary are through, on whatever process: what they found of the primary is asked of the state anew. */
  #renewCatalog(secondary: string): void {
    if (!this.#deleting.has(secondary)) this.#context.catalog.renew(secondary);
    this.#deleting.add(secondary);
  }

  #take(side: string, requests: number): number {
    const before = this.#counted.get(side) ?? 0;
    this.#counted.set(side, requests);
    return requests - before;
  }
}

const NOTHING_LISTED: LinkListing = { repositories: [], refused: [] };

/** The link as far as some of its tags go. */
function narrowed({ link }: LinkContext, tags: readonly string[]): Pick<LinkContext, 'link' | 'extent'> {
  if (tags.length === 0) return { link, extent: 'whole' };
  const narrowedTo = tags.map((text) => compilePattern(text));
  const policy = { ...link.policy, tags: { ...link.policy.tags, narrowedTo } };
  return { link: { ...link, policy }, extent: 'some-tags' };
}

function refusedEverywhere(
  name: string,
  { secondaries }: RepositoryTask,
  refused: RepositoryReport | undefined,
): readonly SecondaryOutcome[] {
  const report = refused ?? failedRepository(name, 'NAME_INVALID', 'this is no name of a repository');
  return secondaries.map((secondary) => ({ secondary, report, wantedDeletions: 0, changes: 0, doubts: 0 }));
}
