import { randomUUID } from 'node:crypto';
import type { ManifestDocument } from '../oci/manifest.ts';
import type { FailureCode } from '../oci/failure-code.ts';
import type { RepositoryName, Tag } from '../oci/reference.ts';
import { judgeLastLook, type LastLook } from '../planning/deletion-gate.ts';
import { stepDone, stepEnded, type PlanStep, type StepOutcome } from '../planning/step.ts';
import type { RegistryClient } from '../registry/registry-client.ts';
import { RegistryError } from '../registry/registry-error.ts';
import { copyFailureOf, CopyError } from './copy-failure.ts';
import { lookUpManifest, takeLastLook, type OrphanSurroundings } from './deletion-evidence.ts';
import type { DeletionJournal, JournalEntry } from './deletion-journal.ts';
import { TombstoneDeleter } from './tombstone-deleter.ts';

/** A registry may need a moment until a deleted tag is gone everywhere. */
const MOST_LOOKS = 3;

/** Times that a deletion is sent which the registry answered with nothing, an error of its own or a plea for patience. */
const MOST_DELETES = 4;

/**
 * Deletes orphan tags of one secondary, each by its name, after a last look at both sides, and reads back that exactly
 * the tag is gone. Once a sibling was lost, it deletes nothing more.
 */
export class TagDeleter {
  readonly #primary: RegistryClient;
  readonly #secondary: RegistryClient;
  readonly #journal: DeletionJournal;
  readonly #fallback: 'none' | 'tombstone';
  readonly #tombstones: TombstoneDeleter;
  /** Learnt from the first refusal; other tags are spared the request. */
  #byName: 'untried-or-works' | 'unsupported' = 'untried-or-works';
  #lostSibling: string | undefined;

  constructor(
    { primary, secondary }: { readonly primary: RegistryClient; readonly secondary: RegistryClient },
    journal: DeletionJournal,
    fallback: 'none' | 'tombstone',
  ) {
    this.#primary = primary;
    this.#secondary = secondary;
    this.#journal = journal;
    this.#fallback = fallback;
    this.#tombstones = new TombstoneDeleter(secondary);
  }

  /** Whether a tag stands for a tombstone that an earlier run did not finish. */
  async isLeftoverTombstone(repository: RepositoryName, tag: Tag): Promise<boolean> {
    return (await this.#tombstones.findLeftover(repository, tag)) !== undefined;
  }

  /** Deletes one orphan that the gate let through; never throws for a reason of this tag alone. */
  async deleteTag(step: PlanStep, surroundings: OrphanSurroundings): Promise<StepOutcome> {
    if (this.#lostSibling !== undefined) {
      return stepEnded(
        step,
        'held',
        'FROZEN',
        `a deletion took ${this.#lostSibling} with it: no more deletions on this secondary in this cycle`,
      );
    }
    try {
      return await this.#delete(step, surroundings);
    } catch (error) {
      const { code, message } = copyFailureOf(error);
      return stepEnded(step, code === 'TAG_DELETE_UNSUPPORTED' ? 'skipped' : 'failed', code, message);
    }
  }

  /** Each request is preceded by a look of its own: the tag may have come to stand for something else between two. */
  async #delete(step: PlanStep, surroundings: OrphanSurroundings): Promise<StepOutcome> {
    const registries = { primary: this.#primary, secondary: this.#secondary };
    for (let attempt = 1; ; attempt += 1) {
      const look = await takeLastLook(step, surroundings, registries);
      if (attempt > 1 && look.secondary === 'gone') {
        await this.#confirmSiblings(step, surroundings);
        return stepDone(step);
      }
      const verdict = judgeLastLook(look);
      if (verdict.kind !== 'allowed') return stepEnded(step, verdict.kind, verdict.reason, verdict.message);
      const deleted =
        this.#byName === 'unsupported' ? UNSUPPORTED : await this.#deleteByName(step, surroundings, look);
      if (deleted.kind === 'done') return stepDone(step);
      if (deleted.kind === 'unsupported') return await this.#deleteOtherwise(step, surroundings, look);
      if (attempt === MOST_DELETES) throw deleted.error;
      await this.#secondary.blobs.waitBeforeRetry(attempt);
    }
  }

  async #deleteOtherwise(
    step: PlanStep,
    surroundings: OrphanSurroundings,
    look: LastLook,
  ): Promise<StepOutcome> {
    if (this.#fallback === 'tombstone') return await this.#deleteByTombstone(step, surroundings, look);
    const message = `${this.#secondary.name} does not delete by tag name; set deletions.fallback to tombstone, or delete the tag there by hand`;
    return stepEnded(step, 'skipped', 'TAG_DELETE_UNSUPPORTED', message);
  }

  async #deleteByName(
    step: PlanStep,
    surroundings: OrphanSurroundings,
    look: LastLook,
  ): Promise<DeletedByName> {
    const { secondaryRepository } = surroundings;
    const entry = await this.#begin(step, surroundings, { look, method: 'by-tag-name' });
    return await this.#journaled(entry, async () => {
      try {
        await this.#secondary.manifests.deleteTag(secondaryRepository, step.tag);
      } catch (error) {
        if (!(error instanceof RegistryError)) throw error;
        if (error.code === 'TAG_DELETE_UNSUPPORTED') {
          this.#byName = 'unsupported';
          await this.#journal.advanced(entry.id, 'failed', error.message);
          return UNSUPPORTED;
        }
        // After a lost answer the tag may be gone: what can be read decides.
        if (!MAY_BE_REPEATED.has(error.code)) throw error;
        if (!(await this.#isGone(step, secondaryRepository))) {
          await this.#journal.advanced(entry.id, 'failed', error.message);
          return { kind: 'still-there', error };
        }
      }
      await this.#confirm(entry, step, surroundings);
      return { kind: 'done' };
    });
  }

  async #deleteByTombstone(
    step: PlanStep,
    surroundings: OrphanSurroundings,
    look: LastLook,
  ): Promise<StepOutcome> {
    const { secondaryRepository } = surroundings;
    await this.#tombstones.prove(secondaryRepository);
    const leftover = await this.#tombstones.findLeftover(secondaryRepository, step.tag);
    const tombstone = leftover ?? this.#tombstones.prepare(step.tag);
    const entry = await this.#begin(step, surroundings, { look, method: 'tombstone', tombstone });
    return await this.#journaled(entry, async () => {
      if (leftover === undefined) await this.#tombstones.put(secondaryRepository, step.tag, tombstone);
      await this.#journal.advanced(entry.id, 'tombstone-put');
      await this.#tombstones.remove(secondaryRepository, tombstone);
      await this.#confirm(entry, step, surroundings);
      return stepDone(step);
    });
  }

  async #begin(
    step: PlanStep,
    { secondaryRepository, controlTag }: OrphanSurroundings,
    {
      look,
      method,
      tombstone,
    }: {
      readonly look: LastLook;
      readonly method: JournalEntry['method'];
      readonly tombstone?: ManifestDocument;
    },
  ): Promise<JournalEntry> {
    const entry: JournalEntry = {
      id: randomUUID(),
      repository: secondaryRepository,
      tag: step.tag,
      secondaryDigest: step.secondaryDigest,
      method,
      tombstoneDigest: tombstone?.digest ?? null,
      evidence: { ...look, controlTag: controlTag ?? '' },
    };
    await this.#journal.started(entry);
    return entry;
  }

  async #journaled<T>(entry: JournalEntry, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      await this.#journal.advanced(
        entry.id,
        'failed',
        error instanceof Error ? error.message : String(error),
      );
      throw error;
    }
  }

  /** Reads back that the tag is gone and that every tag with the same digest is not. */
  async #confirm(entry: JournalEntry, step: PlanStep, surroundings: OrphanSurroundings): Promise<void> {
    await this.#journal.advanced(entry.id, 'deleted');
    await this.#confirmGone(step, surroundings);
    await this.#confirmSiblings(step, surroundings);
    await this.#journal.advanced(entry.id, 'verified');
  }

  async #confirmSiblings(step: PlanStep, surroundings: OrphanSurroundings): Promise<void> {
    for (const sibling of surroundings.siblings) {
      const found = await lookUpManifest(this.#secondary, surroundings.secondaryRepository, sibling);
      if (found.kind === 'present') continue;
      this.#lostSibling = `${surroundings.secondaryRepository}:${sibling}`;
      throw new CopyError(
        'VERIFY_FAILED',
        `deleting ${step.tag} took its sibling ${sibling} with it; the next cycle copies it again`,
      );
    }
  }

  async #confirmGone(step: PlanStep, { secondaryRepository }: OrphanSurroundings): Promise<void> {
    for (let look = 1; ; look += 1) {
      if (await this.#isGone(step, secondaryRepository)) return;
      if (look === MOST_LOOKS) {
        throw new CopyError(
          'VERIFY_FAILED',
          `${this.#secondary.name} accepted the deletion of ${step.tag} and still has it`,
        );
      }
      await this.#secondary.blobs.waitBeforeRetry(look);
    }
  }

  /** A tag without a manifest answers 404 before and after: only the listing tells whether it is gone. */
  async #isGone(step: PlanStep, repository: RepositoryName): Promise<boolean> {
    if (step.secondaryDigest !== null) {
      const found = await lookUpManifest(this.#secondary, repository, step.tag);
      if (found.kind === 'present') return false;
    }
    const listing = await this.#secondary.listTags(repository);
    return listing.kind === 'repository-unknown' || !listing.names.includes(step.tag);
  }
}

type DeletedByName =
  | { readonly kind: 'done' }
  | { readonly kind: 'unsupported' }
  /** The request failed in a way that another one may not. */
  | { readonly kind: 'still-there'; readonly error: RegistryError };

const UNSUPPORTED: DeletedByName = { kind: 'unsupported' };

/** Failures after which the tag may be gone, or may go with the next request. */
const MAY_BE_REPEATED: ReadonlySet<FailureCode> = new Set<FailureCode>([
  'NETWORK',
  'TIMEOUT',
  'SERVER_ERROR',
  'RATE_LIMITED',
]);
