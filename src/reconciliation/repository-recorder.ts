import type { RepositoryName } from '../oci/reference.ts';
import type { ReadFailure } from '../planning/cycle-report.ts';
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

/** Brings back and writes down what is remembered of one repository on one secondary. @throws {StateError} every method. */
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
