import type { Digest } from '../oci/digest.ts';
import type { RepositoryName, Tag } from '../oci/reference.ts';
import type { PlanStep } from '../planning/step.ts';
import type { RegistryClient } from '../registry/registry-client.ts';
import { RegistryError } from '../registry/registry-error.ts';
import { CopyError } from './copy-failure.ts';
import type { DeletionAlarm, LostSibling } from './deletion-alarm.ts';
import { lookUpManifest, type OrphanSurroundings } from './deletion-evidence.ts';
import { SCRATCH_TAG } from './tombstone-deleter.ts';

/** Tags looked at at once; the registry's own limit bounds what is really under way. */
const TAGS_AT_ONCE = 16;

/** Looks at a sibling, over a few seconds, before what they show counts. */
const MOST_LOOKS = 3;

/** What must outlive the deletion of an orphan. */
export interface Siblings {
  readonly repository: RepositoryName;
  readonly deletedTag: Tag;
  /** The tags that stand for the digest of the orphan. */
  readonly tags: readonly Tag[];
  /** All other tags that were listed before, with what is known of them. */
  readonly digests: ReadonlyMap<Tag, Digest | null>;
}

/**
 * Knows which other tags of one secondary stand for the digest of an orphan, and sees to it that they outlive its deletion: by name
 * exactly one tag goes, but some registries take the manifest, and every tag of it, along.
 */
export class SiblingKeeper {
  readonly #secondary: RegistryClient;
  readonly #alarm: DeletionAlarm;
  /** What tags stand for that the cycle has not read: those outside the filters and newer ones. */
  readonly #seen = new Map<RepositoryName, Map<Tag, Digest | null>>();

  #harm: string | undefined;

  constructor(secondary: RegistryClient, alarm: DeletionAlarm) {
    this.#secondary = secondary;
    this.#alarm = alarm;
  }

  /** What a deletion of this cycle has done that it should not, or may have. */
  get harm(): string | undefined {
    return this.#harm;
  }

  /** Asks for the siblings of this moment; those that do not answer cannot be watched and are left out. @throws {RegistryError} */
  async find(
    { tag, secondaryDigest: digest }: PlanStep,
    { secondaryRepository: repository, secondaryTags }: OrphanSurroundings,
  ): Promise<Siblings> {
    const listing = await this.#secondary.listTags(repository);
    const listed = listing.kind === 'listed' ? listing.names : [];
    // A scratch tag comes and goes, whoever proves something on it.
    const others = listed.filter((name) => name !== tag && name !== SCRATCH_TAG);
    const seen = this.#seen.get(repository) ?? new Map<Tag, Digest | null>();
    this.#seen.set(repository, seen);
    const strangers = others.filter((name) => (secondaryTags.get(name) ?? null) === null && !seen.has(name));
    for (const [name, found] of await this.#resolve(repository, strangers)) seen.set(name, found);
    const digests = new Map(others.map((name) => [name, secondaryTags.get(name) ?? seen.get(name) ?? null]));
    const suspects = others.filter((name) => digest !== null && digests.get(name) === digest);
    const now = await this.#resolve(repository, suspects);
    const tags = suspects.filter((name) => now.get(name) === digest);
    return { repository, deletedTag: tag, tags, digests };
  }

  /**
   * Reads back that every sibling still answers, and that no other tag is missing from the list. One that is lost stops all deletions on the secondary and is put back at once.
   *
   * @throws {RegistryError | CopyError} `VERIFY_FAILED` also where all was put back.
   */
  async confirm(siblings: Siblings, copyAgain: OrphanSurroundings['copyAgain']): Promise<void> {
    const lost: Tag[] = [];
    const unclear: Tag[] = [];
    for (const tag of [...siblings.tags, ...(await this.#missingFrom(siblings))]) {
      const found = await this.#lookLong(siblings.repository, tag);
      if (found === 'unknown') lost.push(tag);
      if (found === 'unclear') unclear.push(tag);
    }
    if (lost.length > 0) throw await this.#healed(siblings, lost, copyAgain);
    if (unclear.length === 0) return;
    this.#harm = `after the deletion of ${siblings.repository}:${siblings.deletedTag} nobody can tell whether ${unclear.join(', ')} is still there`;
    throw new CopyError('VERIFY_FAILED', this.#harm);
  }

  /** Tags that are no siblings, were listed before and are not now: the registry has deleted more, or another, than it was told. */
  async #missingFrom({ repository, tags, digests }: Siblings): Promise<readonly Tag[]> {
    const listing = await this.#secondary.listTags(repository);
    const listed = new Set<Tag>(listing.kind === 'listed' ? listing.names : []);
    return [...digests.keys()].filter((tag) => !listed.has(tag) && !tags.includes(tag));
  }

  async #healed(
    { repository, deletedTag, digests }: Siblings,
    lost: readonly Tag[],
    copyAgain: OrphanSurroundings['copyAgain'],
  ): Promise<CopyError> {
    const what = `deleting ${repository}:${deletedTag} took ${lost.join(', ')} with it`;
    this.#harm = what;
    // First: what comes after may fail.
    await this.#alarm.stopDeletions(what);
    const ends: string[] = [];
    for (const sibling of lost) {
      const digest = digests.get(sibling) ?? null;
      const healedFrom = await this.#heal({ repository, sibling, digest }, copyAgain);
      this.#alarm.siblingLost({ repository, deletedTag, sibling, digest, healedFrom });
      ends.push(healedFrom === 'nowhere' ? `${sibling} could not be put back` : `${sibling} was put back`);
    }
    const message = `${what}; ${ends.join(', ')}; deletions on ${this.#secondary.name} are stopped until an operator lets them go on`;
    return new CopyError('VERIFY_FAILED', message);
  }

  /** From the secondary's own manifest where only the tag is gone, else from the primary. */
  async #heal(
    { repository, sibling, digest }: Pick<LostSibling, 'repository' | 'sibling' | 'digest'>,
    copyAgain: OrphanSurroundings['copyAgain'],
  ): Promise<LostSibling['healedFrom']> {
    if (digest !== null && (await this.#putBack(repository, sibling, digest))) return 'secondary';
    const copied = await copyAgain(sibling);
    return copied?.outcome === 'done' ? 'primary' : 'nowhere';
  }

  async #putBack(repository: RepositoryName, sibling: Tag, digest: Digest): Promise<boolean> {
    try {
      const document = await this.#secondary.manifests.get(repository, digest);
      await this.#secondary.manifests.put(repository, sibling, document);
      return (await this.#lookLong(repository, sibling)) === 'present';
    } catch (error) {
      if (!(error instanceof RegistryError) || error.code === 'CANCELLED') throw error;
      return false;
    }
  }

  /** A registry may need a moment until every reader sees what is there. */
  async #lookLong(repository: RepositoryName, tag: Tag): Promise<'present' | 'unknown' | 'unclear'> {
    for (let look = 1; ; look += 1) {
      const { kind } = await lookUpManifest(this.#secondary, repository, tag);
      if (kind === 'present') return kind;
      if (look === MOST_LOOKS) return kind === 'unclear' ? 'unclear' : 'unknown';
      await this.#secondary.blobs.waitBeforeRetry(look);
    }
  }

  async #resolve(repository: RepositoryName, tags: readonly Tag[]): Promise<ReadonlyMap<Tag, Digest | null>> {
    const digests = new Map<Tag, Digest | null>();
    const queue = tags.values();
    const work = async (): Promise<void> => {
      for (const tag of queue)
        digests.set(tag, (await lookUpManifest(this.#secondary, repository, tag)).digest);
    };
    await Promise.all(Array.from({ length: Math.min(TAGS_AT_ONCE, tags.length) }, work));
    return digests;
  }
}
