import type { RepositoryName } from '../oci/reference.ts';
import type { ReadFailure } from '../planning/cycle-report.ts';
import type { TagDifference } from '../planning/diff-tag-maps.ts';
import { rememberDifferences } from '../planning/remember-differences.ts';
import {
  rememberFailure,
  rememberSettled,
  type Observation,
  type SettledRepository,
} from '../planning/remember-repository.ts';
import { rememberSomeTags } from '../planning/remember-some-tags.ts';
import { rememberVerification, type Verification } from '../planning/remember-verification.ts';
import type { RepositoryKey, RepositoryMemory, RepositoryUpdate } from '../planning/repository-memory.ts';
import type { LinkContext } from './link-context.ts';

/** Brings back and writes down what is remembered of one repository on one secondary. @throws {StateError} unless told otherwise. */
export class RepositoryRecorder {
  readonly #context: LinkContext;
  readonly #key: RepositoryKey;
  readonly #secondaryRepository: RepositoryName;

  constructor(
    context: LinkContext,
    { secondaryRepository, ...key }: RepositoryKey & { readonly secondaryRepository: RepositoryName },
  ) {
    this.#context = context;
    this.#key = key;
    this.#secondaryRepository = secondaryRepository;
  }

  async load(): Promise<RepositoryMemory | undefined> {
    return await this.#context.store.loadRepository(this.#key);
  }

  /**
   * Writes differences down before anything is done about them, and answers what is remembered then. That it cannot is no failure: the
   * end of the run writes all of it, or fails.
   */
  async noteDifferences(
    memory: RepositoryMemory | undefined,
    differences: readonly TagDifference[],
  ): Promise<RepositoryMemory | undefined> {
    const update = rememberDifferences(memory, differences, this.#context.clock.now());
    if (update === undefined) return memory;
    try {
      await this.#context.store.saveRepository(this.#key, update);
    } catch {
      return memory;
    }
    const noted = update.changedTags.map((record) => [record.tag, record] as const);
    return { repository: update.repository, tags: new Map([...(memory?.tags ?? []), ...noted]) };
  }

  async recordCycle(
    memory: RepositoryMemory | undefined,
    settled: SettledRepository | ReadFailure,
  ): Promise<void> {
    const update = this.#updateOf(memory, settled);
    if (update !== undefined) await this.#context.store.saveRepository(this.#key, update);
  }

  async recordVerification(memory: RepositoryMemory | undefined, verification: Verification): Promise<void> {
    const update = rememberVerification(memory, verification, this.#observation());
    await this.#context.store.saveRepository(this.#key, update);
  }

  #updateOf(
    memory: RepositoryMemory | undefined,
    settled: SettledRepository | ReadFailure,
  ): RepositoryUpdate | undefined {
    const isWhole = this.#context.extent === 'whole';
    const observation = this.#observation();
    if ('side' in settled) return isWhole ? rememberFailure(memory, settled, observation) : undefined;
    return isWhole
      ? rememberSettled(memory, settled, observation)
      : rememberSomeTags(memory, settled, observation);
  }

  #observation(): Observation {
    const { clock, cycleId, policyHash, primary } = this.#context;
    return {
      now: clock.now(),
      cycleId,
      secondaryRepository: this.#secondaryRepository,
      policyHash,
      primaryOrigin: primary.origin,
    };
  }
}

/** A repository that was neither read nor refused was cut off. */
export const UNREAD: ReadFailure = {
  side: 'primary',
  reason: 'CANCELLED',
  message: 'the cycle ended before it was read',
};
