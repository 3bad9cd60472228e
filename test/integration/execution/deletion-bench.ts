import type { OrphanSurroundings } from '../../../src/execution/deletion-evidence.ts';
import type { DeletionAlarm, LostSibling } from '../../../src/execution/deletion-alarm.ts';
import type { DeletionJournal, JournalEntry } from '../../../src/execution/deletion-journal.ts';
import { TagDeleter } from '../../../src/execution/tag-deleter.ts';
import { parseDigest } from '../../../src/oci/digest.ts';
import { parseTag, type RepositoryName, type Tag } from '../../../src/oci/reference.ts';
import { stepDone, type PlanStep, type StepOutcome } from '../../../src/planning/step.ts';
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
  #delay: (() => void) | undefined;

  constructor(secondary: FakeRegistry) {
    this.#secondary = secondary;
  }

  /** Does something while the next entry is written. */
  delayOnce(delay: () => void): void {
    this.#delay = delay;
  }

  started(entry: JournalEntry): Promise<void> {
    this.entries.push({ ...entry, writesBefore: this.#secondary.history.writes().length });
    this.states.push('started');
    this.#delay?.();
    this.#delay = undefined;
    return Promise.resolve();
  }

  advanced(_id: string, state: JournalState): Promise<void> {
    this.states.push(state);
    return Promise.resolve();
  }
}

/** Keeps what is told, and stops deletions for whoever asks after. */
class RecordingAlarm implements DeletionAlarm {
  readonly losses: LostSibling[] = [];
  stopped: string | undefined;

  stopDeletions(why: string): Promise<void> {
    this.stopped ??= why;
    return Promise.resolve();
  }

  whyStopped(): Promise<string | undefined> {
    return Promise.resolve(this.stopped);
  }

  siblingLost(loss: LostSibling): void {
    this.losses.push(loss);
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
  readonly alarm = new RecordingAlarm();
  /** Tags that were to come from the primary once more. */
  readonly copiedAgain: string[] = [];
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
    const deleter = new TagDeleter({
      ...clients,
      journal,
      alarm: this.alarm,
      fallback: this.#fallback,
      seconds: () => this.clock.monotonicSeconds(),
    });
    return { deleter, journal };
  }

  step(tag: string, repository: RepositoryName = APP): PlanStep {
    const digest = this.secondary.storage.tags(repository).get(tag);
    const isDangling = this.secondary.storage.manifest(repository, tag) === undefined;
    const secondaryDigest = digest === undefined || isDangling ? null : parseDigest(digest);
    return { kind: 'delete-orphan-tag', tag: parseTag(tag), primaryDigest: null, secondaryDigest };
  }

  /** As a cycle that read the secondary just now sees it. */
  surroundings(repository: RepositoryName = APP): OrphanSurroundings {
    return {
      primaryRepository: repository,
      secondaryRepository: repository,
      controlTag: parseTag('kept'),
      controlDigest: parseDigest(KEPT.root.digest),
      secondaryTags: new Map(
        [...this.secondary.storage.tags(repository)].map(([tag, digest]) => [
          parseTag(tag),
          parseDigest(digest),
        ]),
      ),
      copyAgain: (tag) => this.#copyAgain(tag),
      controlRepository: repository,
      primary: 'lives',
      sentinel: () => Promise.resolve('not-configured'),
    };
  }

  /** Copies `other` by hand: the bench has no copier. */
  #copyAgain(tag: Tag): Promise<StepOutcome | undefined> {
    this.copiedAgain.push(tag);
    const manifest = this.primary.storage.manifest(APP, tag);
    if (manifest === undefined) return Promise.resolve(undefined);
    seed(this.secondary.storage, APP, GONE, tag);
    const step = {
      kind: 'copy-tag',
      tag,
      primaryDigest: parseDigest(GONE.root.digest),
      secondaryDigest: null,
    } as const;
    return Promise.resolve(stepDone(step));
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
