import type { Digest } from '../oci/digest.ts';
import { settleAll } from '../execution/settle-all.ts';
import type { LinkContext, SecondaryContext } from './link-context.ts';
import type { NamedRepository } from './link-listing.ts';
import { readPrimarySide } from './primary-reading.ts';
import { RepositoryCycle } from './repository-cycle.ts';
import type { SecondaryTurns } from './secondary-turns.ts';

/** One repository on one of the secondaries of a run. */
export interface SecondaryRun {
  readonly secondary: SecondaryContext;
  readonly cycle: RepositoryCycle;
}

/** Told whenever a secondary is through and others are still at it: from here on only the latter keep the run from its end. */
export type LagListener = (lag: { readonly tags: number; readonly waitsFor: readonly string[] }) => void;

/**
 * One repository of a link through one cycle, on all of its secondaries: the primary is read once for all of them, and what
 * fails on one holds no other back.
 */
export class RepositoryRun {
  readonly #context: LinkContext;
  readonly #repository: NamedRepository;
  readonly #turns: SecondaryTurns;
  readonly runs: readonly SecondaryRun[];

  constructor(
    context: LinkContext,
    secondaries: readonly SecondaryContext[],
    repository: NamedRepository,
    turns: SecondaryTurns,
  ) {
    this.#context = context;
    this.#repository = repository;
    this.#turns = turns;
    const { listed, secondaryRepository } = repository;
    this.runs = secondaries.map((secondary) => ({
      secondary,
      cycle: new RepositoryCycle(context, secondary, listed, secondaryRepository),
    }));
  }

  /** Compares and copies; `ended` is called for each secondary as soon as it is through. */
  async compareAndCopy(ended: (run: SecondaryRun) => Promise<void>, lags: LagListener): Promise<void> {
    const remembered = new Map<Digest, Digest>();
    for (const { cycle } of this.runs) {
      for (const [digest, made] of await cycle.recall()) remembered.set(digest, made);
    }
    const reading = await readPrimarySide(this.#context, this.#repository.listed, remembered);
    const tags = 'tags' in reading ? reading.tags.size : 0;
    const waitsFor = new Set(this.runs.map(({ secondary }) => secondary.name.secondary));
    const work = this.runs.map(async (run) => {
      const name = run.secondary.name.secondary;
      await this.#turns.take(name, async () => {
        await this.#traced(run, async () => {
          await run.cycle.compareAndCopy(reading);
          await ended(run);
        });
      });
      waitsFor.delete(name);
      if (waitsFor.size > 0) lags({ tags, waitsFor: [...waitsFor] });
    });
    await settleAll(work);
  }

  async #traced({ secondary }: SecondaryRun, work: () => Promise<void>): Promise<void> {
    const { name: repository } = this.#repository.listed;
    await this.#context.tracer.run({ kind: 'repository', ...secondary.name, repository }, work);
  }
}
