import type { Digest } from '../oci/digest.ts';
import { settleAll } from '../execution/settle-all.ts';
import { readPrimary } from '../inventory/repository-reader.ts';
import type { ReadFailure } from '../planning/cycle-report.ts';
import type { LinkContext, SecondaryContext } from './link-context.ts';
import type { NamedRepository } from './link-listing.ts';
import { readFailureOf } from './read-failure.ts';
import { RepositoryCycle, type PrimaryReading } from './repository-cycle.ts';

/** One repository on one of the secondaries of a run. */
export interface SecondaryRun {
  readonly secondary: SecondaryContext;
  readonly cycle: RepositoryCycle;
}

/**
 * One repository of a link through one cycle, on all of its secondaries: the primary is read once for all of them, and what
 * fails on one holds no other back.
 */
export class RepositoryRun {
  readonly #context: LinkContext;
  readonly #repository: NamedRepository;
  readonly runs: readonly SecondaryRun[];

  constructor(context: LinkContext, secondaries: readonly SecondaryContext[], repository: NamedRepository) {
    this.#context = context;
    this.#repository = repository;
    const { listed, secondaryRepository } = repository;
    this.runs = secondaries.map((secondary) => ({
      secondary,
      cycle: new RepositoryCycle(context, secondary, listed, secondaryRepository),
    }));
  }

  /** Compares and copies; `ended` is called for each secondary as soon as it is through. */
  async compareAndCopy(ended: (run: SecondaryRun) => Promise<void>): Promise<void> {
    const remembered = new Map<Digest, Digest>();
    for (const { cycle } of this.runs) {
      for (const [digest, made] of await cycle.recall()) remembered.set(digest, made);
    }
    const reading = await this.#readPrimary(remembered);
    const work = this.runs.map(async (run) => {
      await run.cycle.compareAndCopy(reading);
      await ended(run);
    });
    await settleAll(work);
  }

  async #readPrimary(remembered: ReadonlyMap<Digest, Digest>): Promise<PrimaryReading> {
    const { primary, link, content } = this.#context;
    const { name, namedBy } = this.#repository.listed;
    try {
      const reading = await readPrimary(primary, name, {
        filter: link.policy.tags,
        digestTags: link.policy.referrers === 'all' ? 'follow' : 'filter',
      });
      const isEmpty =
        reading.tags.size === 0 && reading.selection.dropped.length === 0 && reading.invalid.length === 0;
      if (!isEmpty || namedBy === 'catalog') return await content.expect(reading, name, remembered);
      const message = `${primary.name} has no repository ${name} with tags; check the name in the configuration`;
      return { side: 'primary', reason: 'REPOSITORY_MISSING', message } satisfies ReadFailure;
    } catch (error) {
      return readFailureOf(error, 'primary');
    }
  }
}
