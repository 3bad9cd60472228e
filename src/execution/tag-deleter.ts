import { randomUUID } from 'node:crypto';
import type { ManifestDocument } from '../oci/manifest.ts';
import type { FailureCode } from '../oci/failure-code.ts';
import type { RepositoryName, Tag } from '../oci/reference.ts';
import { judgeLastLook } from '../planning/deletion-gate.ts';
import { stepDone, stepEnded, type PlanStep, type StepOutcome } from '../planning/step.ts';
import type { RegistryClient } from '../registry/registry-client.ts';
import { RegistryError } from '../registry/registry-error.ts';
import { copyFailureOf, CopyError } from './copy-failure.ts';
import type { DeletionAlarm } from './deletion-alarm.ts';
import { DeletionCloser, type OpenDeletion } from './deletion-closer.ts';
import {
  lookUpManifest,
  takeLastLook,
  type OrphanSurroundings,
  type RegistriesLook,
} from './deletion-evidence.ts';
import type { DeletionJournal, JournalEntry } from './deletion-journal.ts';
import { isTagGone } from './is-tag-gone.ts';
import { takePromptLook, type PromptLook } from './prompt-look.ts';
import { SiblingKeeper, type Siblings } from './sibling-keeper.ts';
import { SCRATCH_TAG, TombstoneDeleter } from './tombstone-deleter.ts';

/** A registry may need a moment until a deleted tag is gone everywhere. */
const MOST_LOOKS = 3;

/** Times that a deletion is sent which the registry answered with nothing, an error of its own or a plea for patience. */
const MOST_DELETES = 4;

export interface TagDeleterParts {
  readonly primary: RegistryClient;
  readonly secondary: RegistryClient;
  readonly journal: DeletionJournal;
  readonly alarm: DeletionAlarm;
  readonly fallback: 'none' | 'tombstone';
  /** A clock that never jumps back, in seconds. */
  readonly seconds: () => number;
}

/** One orphan on its way out. */
interface Deletion {
  readonly step: PlanStep;
  readonly surroundings: OrphanSurroundings;
  /** Found once, before the first request that may take one along. */
  readonly siblings: Siblings;
}

/**
 * Deletes orphan tags of one secondary, each by its name, after a last look at both sides, and reads back that exactly
 * the tag is gone. Once a sibling was lost, it deletes nothing more.
 */
export class TagDeleter {
  readonly #parts: TagDeleterParts;
  readonly #secondary: RegistryClient;
  readonly #journal: DeletionJournal;
  readonly #tombstones: TombstoneDeleter;
  readonly #siblings: SiblingKeeper;
  readonly #closer: DeletionCloser;

  constructor(parts: TagDeleterParts) {
    this.#parts = parts;
    this.#secondary = parts.secondary;
    this.#journal = parts.journal;
    this.#tombstones = new TombstoneDeleter(parts.secondary, parts.journal);
    this.#siblings = new SiblingKeeper(parts.secondary, parts.alarm);
    this.#closer = new DeletionCloser(parts.secondary, parts.journal, this.#siblings);
  }

  /** Ends a deletion that somebody else began and did not end. Not while deletions are stopped. */
  async close(deletion: OpenDeletion, copyAgain: OrphanSurroundings['copyAgain']): Promise<void> {
    if ((await this.#parts.alarm.whyStopped()) === undefined) await this.#closer.close(deletion, copyAgain);
  }

  /** Whether a tag stands for a tombstone that an earlier run did not finish. */
  async isLeftoverTombstone(repository: RepositoryName, tag: Tag): Promise<boolean> {
    return (await this.#tombstones.findLeftover(repository, tag)) !== undefined;
  }

  /** Deletes one orphan that the gate let through; never throws for a reason of this tag alone. */
  async deleteTag(step: PlanStep, surroundings: OrphanSurroundings): Promise<StepOutcome> {
    const { harm } = this.#siblings;
    if (harm !== undefined) return stepEnded(step, 'held', 'FROZEN', `${harm}: no more deletions`);
    if (this.#method() === 'none') return this.#unsupported(step);
    try {
      const siblings = await this.#siblings.find(step, surroundings);
      return await this.#delete({ step, surroundings, siblings });
    } catch (error) {
      const { code, message } = copyFailureOf(error);
      return stepEnded(step, code === 'TAG_DELETE_UNSUPPORTED' ? 'skipped' : 'failed', code, message);
    }
  }

  /** Learnt from a refusal, also one of an earlier cycle; other tags are spared the request. */
  #method(): JournalEntry['method'] | 'none' {
    if (this.#secondary.capabilities.of('tagDelete') !== 'refused') return 'by-tag-name';
    return this.#parts.fallback === 'tombstone' ? 'tombstone' : 'none';
  }

  /** Each request is preceded by a look of its own: the tag may have come to stand for something else between two. */
  async #delete(deletion: Deletion): Promise<StepOutcome> {
    const { step, surroundings } = deletion;
    for (let attempt = 1; attempt <= MOST_DELETES;) {
      const prompt = await takePromptLook(
        () => takeLastLook(step, surroundings, this.#parts),
        this.#parts.seconds,
      );
      // The proof of another orphan takes the scratch tag away that a run before left behind.
      const mayBeGone = attempt > 1 || step.tag === SCRATCH_TAG;
      if (mayBeGone && prompt.look.secondary === 'gone') return await this.#foundGone(deletion);
      const refused = await this.#judge(step, prompt.look);
      if (refused !== undefined) return refused;
      if (prompt.pace === 'slow') break;
      const result = await this.#try(deletion, prompt);
      if (result.kind === 'done') return await this.#lookBack(deletion);
      if (result.kind === 'unsupported') return this.#unsupported(step);
      if (result.kind === 'look-again') continue;
      attempt += 1;
      if (result.kind === 'stale') continue;
      if (attempt > MOST_DELETES) throw result.error;
      await this.#secondary.blobs.waitBeforeRetry(attempt - 1);
    }
    return stepEnded(step, 'held', 'PRIMARY_UNREADABLE', TOO_SLOW);
  }

  /** Who stops deletions is the last of all questions: at most one more is sent after it. */
  async #judge(step: PlanStep, look: RegistriesLook): Promise<StepOutcome | undefined> {
    const stopped = await this.#parts.alarm.whyStopped();
    const verdict = judgeLastLook({ ...look, freeze: stopped === undefined ? 'not-frozen' : 'frozen' });
    if (verdict.kind === 'allowed') return undefined;
    return stepEnded(step, verdict.kind, verdict.reason, stopped ?? verdict.message);
  }

  async #foundGone(deletion: Deletion): Promise<StepOutcome> {
    await this.#siblings.confirm(deletion.siblings, deletion.surroundings.copyAgain);
    return await this.#lookBack(deletion);
  }

  /** No look is so late that the primary cannot get the tag after it: then the tag is copied at once. */
  async #lookBack({ step, surroundings }: Deletion): Promise<StepOutcome> {
    const { primaryRepository, copyAgain } = surroundings;
    const { kind, digest } = await lookUpManifest(this.#parts.primary, primaryRepository, step.tag);
    if (kind !== 'present' || digest === null) return stepDone(step);
    const what = 'the primary got the tag while it was deleted';
    const copied = await copyAgain(step.tag, digest);
    return copied?.outcome === 'done'
      ? stepEnded(step, 'skipped', 'PRIMARY_STILL_HAS_TAG', `${what}: it was copied at once`)
      : stepEnded(step, 'failed', copied?.reason ?? 'NOT_FOUND', `${what}: ${copied?.message ?? ''}`);
  }

  #unsupported(step: PlanStep): StepOutcome {
    const message = `${this.#secondary.name} does not delete by tag name; set deletions.fallback to tombstone, or delete the tag there by hand`;
    return stepEnded(step, 'skipped', 'TAG_DELETE_UNSUPPORTED', message);
  }

  async #try(deletion: Deletion, prompt: PromptLook): Promise<Attempted> {
    switch (this.#method()) {
      case 'by-tag-name':
        return await this.#deleteByName(deletion, prompt);
      case 'tombstone':
        return await this.#deleteByTombstone(deletion, prompt);
      case 'none':
        return { kind: 'unsupported' };
    }
  }

  async #deleteByName(deletion: Deletion, prompt: PromptLook): Promise<Attempted> {
    const { step, surroundings } = deletion;
    const { secondaryRepository } = surroundings;
    const entry = await this.#begin(deletion, prompt.look, { method: 'by-tag-name' });
    if (!prompt.isFresh()) return await this.#stale(entry);
    try {
      await this.#secondary.manifests.deleteTag(secondaryRepository, step.tag);
    } catch (error) {
      if (!(error instanceof RegistryError) || error.code === 'CANCELLED') throw error;
      if (!MAY_BE_REPEATED.has(error.code)) return await this.#refused(entry, error);
      // After a lost answer the tag may be gone: what can be read decides.
      if (!(await isTagGone(this.#secondary, secondaryRepository, step))) {
        await this.#journal.advanced(entry.id, 'failed', error.message);
        return { kind: 'still-there', error };
      }
    }
    await this.#confirm(entry, deletion);
    this.#secondary.capabilities.learn('tagDelete', 'works');
    return { kind: 'done' };
  }

  async #refused(entry: JournalEntry, error: RegistryError): Promise<Attempted> {
    await this.#journal.advanced(entry.id, 'failed', error.message);
    if (error.code !== 'TAG_DELETE_UNSUPPORTED') throw error;
    this.#secondary.capabilities.learn('tagDelete', 'refused');
    return { kind: this.#method() === 'none' ? 'unsupported' : 'look-again' };
  }

  /** From the first write on an error leaves the entry open: whoever comes next reads back what there is, and finishes it. */
  async #deleteByTombstone(deletion: Deletion, prompt: PromptLook): Promise<Attempted> {
    const { step, surroundings } = deletion;
    const { secondaryRepository } = surroundings;
    if (!this.#tombstones.isProven(secondaryRepository)) {
      await this.#tombstones.prove(secondaryRepository);
      return { kind: 'look-again' };
    }
    const found = await this.#tombstones.findLeftover(secondaryRepository, step.tag);
    const leftover = found?.digest === step.secondaryDigest ? found : undefined;
    const tombstone = leftover ?? this.#tombstones.prepare(step.tag);
    const entry = await this.#begin(deletion, prompt.look, { method: 'tombstone', tombstone });
    if (!prompt.isFresh()) return await this.#stale(entry);
    if (leftover === undefined) await this.#tombstones.put(secondaryRepository, step.tag, tombstone);
    await this.#journal.advanced(entry.id, 'tombstone-put');
    await this.#tombstones.remove(secondaryRepository, tombstone.digest);
    await this.#confirm(entry, deletion);
    return { kind: 'done' };
  }

  async #stale({ id }: JournalEntry): Promise<Attempted> {
    await this.#journal.advanced(id, 'failed', 'what was seen was too old when it was written down');
    return { kind: 'stale' };
  }

  async #begin(
    { step, surroundings, siblings }: Deletion,
    look: RegistriesLook,
    how: { readonly method: JournalEntry['method']; readonly tombstone?: ManifestDocument },
  ): Promise<JournalEntry> {
    const entry: JournalEntry = {
      id: randomUUID(),
      repository: surroundings.secondaryRepository,
      tag: step.tag,
      secondaryDigest: step.secondaryDigest,
      method: how.method,
      tombstoneDigest: how.tombstone?.digest ?? null,
      evidence: {
        ...look,
        controlTag: surroundings.controlTag ?? '',
        controlDigest: surroundings.controlDigest ?? '',
        siblings: siblings.tags.join(' '),
      },
    };
    await this.#journal.started(entry);
    return entry;
  }

  /** Reads back that the tag is gone and that every tag with the same digest is not. */
  async #confirm(entry: JournalEntry, { step, surroundings, siblings }: Deletion): Promise<void> {
    await this.#journal.advanced(entry.id, 'deleted');
    try {
      // Siblings first: a registry that deletes another tag than it was told still has this one.
      await this.#siblings.confirm(siblings, surroundings.copyAgain);
      await this.#confirmGone(step, surroundings);
    } catch (error) {
      if (error instanceof CopyError) await this.#journal.advanced(entry.id, 'failed', error.message);
      throw error;
    }
    await this.#journal.advanced(entry.id, 'verified');
  }

  async #confirmGone(step: PlanStep, { secondaryRepository }: OrphanSurroundings): Promise<void> {
    for (let look = 1; ; look += 1) {
      if (await isTagGone(this.#secondary, secondaryRepository, step)) return;
      if (look === MOST_LOOKS) {
        throw new CopyError(
          'VERIFY_FAILED',
          `${this.#secondary.name} accepted the deletion of ${step.tag} and still has it`,
        );
      }
      await this.#secondary.blobs.waitBeforeRetry(look);
    }
  }
}

type Attempted =
  | { readonly kind: 'done' }
  | { readonly kind: 'unsupported' }
  /** Something was learnt, and nothing sent to the tag. */
  | { readonly kind: 'look-again' }
  /** Nothing was sent: what was seen was too old by then. */
  | { readonly kind: 'stale' }
  /** The request failed in a way that another one may not. */
  | { readonly kind: 'still-there'; readonly error: RegistryError };

const TOO_SLOW =
  'the registries answer so slowly that what they say is not of one moment; the next cycle looks again';

/** Failures after which the tag may be gone, or may go with the next request. */
const MAY_BE_REPEATED: ReadonlySet<FailureCode> = new Set<FailureCode>([
  'NETWORK',
  'TIMEOUT',
  'SERVER_ERROR',
  'RATE_LIMITED',
]);
