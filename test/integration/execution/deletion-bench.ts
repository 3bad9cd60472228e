import type { OrphanSurroundings } from '../../../src/execution/deletion-evidence.ts';
import type { DeletionJournal, JournalEntry } from '../../../src/execution/deletion-journal.ts';
import { TagDeleter } from '../../../src/execution/tag-deleter.ts';
import { parseDigest } from '../../../src/oci/digest.ts';
import { parseTag, type RepositoryName } from '../../../src/oci/reference.ts';
import type { PlanStep, StepOutcome } from '../../../src/planning/step.ts';
import { ociImage } from '../../builders/image-content.ts';
import type { FakeProfile, FakeProfileName } from '../../fakes/fake-profile.ts';
import type { FakeRegistry } from '../../fakes/fake-registry.ts';
import { APP, RegistryBench } from '../registry/registry-bench.ts';
import { VirtualClock } from '../registry/virtual-clock.ts';
import { seed } from './copy-bench.ts';

type JournalState = Parameters<DeletionJournal['advanced']>[1];

/** Writes down what is told, and how many writes the secondary had seen by then. */
export class RecordingJournal implements DeletionJournal {
  readonly entries: (JournalEntry & { readonly writesBefore: number })[] = [];
  readonly states: (JournalState | 'started')[] = [];
  readonly #secondary: FakeRegistry;

  constructor(secondary: FakeRegistry) {
    this.#secondary = secondary;
  }

  started(entry: JournalEntry): Promise<void> {
    this.entries.push({ ...entry, writesBefore: this.#secondary.history.writes().length });
    this.states.push('started');
    return Promise.resolve();
  }

  advanced(_id: string, state: JournalState): Promise<void> {
    this.states.push(state);
    return Promise.resolve();
  }
}

export interface DeletionBenchOptions {
  readonly profile?: FakeProfileName | FakeProfile;
  readonly fallback?: 'none' | 'tombstone';
}

export const KEPT = ociImage('kept');
export const GONE = ociImage('gone');

/** A tag that both sides have, and two that only the secondary has; `gone` has a sibling with the same digest, `twin`. */
export class DeletionBench {
  readonly clock = new VirtualClock();
  readonly primary: FakeRegistry;
  readonly secondary: FakeRegistry;
  readonly #bench: RegistryBench;
  readonly #fallback: 'none' | 'tombstone';

  private constructor(
    bench: RegistryBench,
    registries: readonly [FakeRegistry, FakeRegistry],
    fallback: 'none' | 'tombstone',
  ) {
    this.#bench = bench;
    this.#fallback = fallback;
    [this.primary, this.secondary] = registries;
  }

  static async open({
    profile = 'distribution-3.1',
    fallback = 'none',
  }: DeletionBenchOptions = {}): Promise<DeletionBench> {
    const bench = new RegistryBench();
    const registries = [await bench.start(), await bench.start({ profile })] as const;
    for (const { storage } of registries) seed(storage, APP, KEPT, 'kept');
    const { storage } = registries[1];
    seed(storage, APP, GONE, 'gone');
    seed(storage, APP, GONE, 'twin');
    seed(storage, APP, ociImage('other'), 'other');
    return new DeletionBench(bench, registries, fallback);
  }

  /** What deletes during one cycle, with a journal of its own. */
  deleter(signal?: AbortSignal): { readonly deleter: TagDeleter; readonly journal: RecordingJournal } {
    const options = { clock: this.clock, ...(signal === undefined ? {} : { signal }) };
    const clients = {
      primary: this.#bench.client(this.primary, { ...options, name: 'primary' }),
      secondary: this.#bench.client(this.secondary, { ...options, name: 'secondary' }),
    };
    const journal = new RecordingJournal(this.secondary);
    return { deleter: new TagDeleter(clients, journal, this.#fallback), journal };
  }

  step(tag: string, repository: RepositoryName = APP): PlanStep {
    const digest = this.secondary.storage.tags(repository).get(tag);
    const isDangling = this.secondary.storage.manifest(repository, tag) === undefined;
    const secondaryDigest = digest === undefined || isDangling ? null : parseDigest(digest);
    return { kind: 'delete-orphan-tag', tag: parseTag(tag), primaryDigest: null, secondaryDigest };
  }

  surroundings(siblings: readonly string[] = ['twin'], repository: RepositoryName = APP): OrphanSurroundings {
    return {
      primaryRepository: repository,
      secondaryRepository: repository,
      controlTag: parseTag('kept'),
      controlRepository: repository,
      primary: 'lives',
      sentinel: () => Promise.resolve('not-configured'),
      freeze: () => Promise.resolve('not-frozen'),
      siblings: siblings.map(parseTag),
    };
  }

  /** Deletes `gone`, by a deleter of its own. */
  async deleteGone(): Promise<StepOutcome> {
    return await this.deleter().deleter.deleteTag(this.step('gone'), this.surroundings());
  }

  tags(repository: RepositoryName = APP): readonly string[] {
    return [...this.secondary.storage.tags(repository).keys()].sort();
  }

  close(): Promise<readonly unknown[]> {
    return this.#bench.close();
  }
}
