import type { Digest } from '../oci/digest.ts';
import type { RepositoryName, Tag } from '../oci/reference.ts';
import type { LastLook } from '../planning/deletion-gate.ts';
import type { PlanStep, StepOutcome } from '../planning/step.ts';
import type { RegistryClient } from '../registry/registry-client.ts';
import { RegistryError } from '../registry/registry-error.ts';

/** Where an orphan is, and what else is known of its surroundings. */
export interface OrphanSurroundings {
  readonly primaryRepository: RepositoryName;
  readonly secondaryRepository: RepositoryName;
  /** A tag that both sides have: its answer proves that the primary still speaks the truth. */
  readonly controlTag: Tag | undefined;
  /** Where the control tag is: in another repository of the primary where this one has no tag left there. */
  readonly controlRepository: RepositoryName;
  /** `no-tags`: the primary has no tag of the repository left, and an approval lets all of them go. */
  readonly primary: LastLook['repository'];
  /** Asks for the sentinel anew. */
  readonly sentinel: () => Promise<LastLook['sentinel']>;
  /** What the control tag stood for when the primary was read: another registry behind the same address would say otherwise. */
  readonly controlDigest: Digest | null;
  /** What the tags of the secondary stand for, as far as this cycle knows; those outside the filters are not in it. */
  readonly secondaryTags: ReadonlyMap<Tag, Digest | null>;
  /**
   * Copies a tag from the primary that is no longer there: what the primary was read to have under it, or what it was just seen to
   * have; `undefined`: nothing.
   */
  readonly copyAgain: (tag: Tag, justSeen?: Digest) => Promise<StepOutcome | undefined>;
}

/** What the registries say; whether deletions are frozen is another's word. */
export type RegistriesLook = Omit<LastLook, 'freeze'>;

export interface LookedUp {
  readonly kind: 'present' | 'unknown' | 'repository-unknown' | 'unclear';
  readonly digest: Digest | null;
}

/**
 * Asks one registry for one tag or digest. Only MANIFEST_UNKNOWN in so many words is `unknown`, and NAME_UNKNOWN
 * `repository-unknown`; a bare 404, a login page or a broken connection is `unclear`.
 */
export async function lookUpManifest(
  client: RegistryClient,
  repository: RepositoryName,
  reference: Tag | Digest,
): Promise<LookedUp> {
  try {
    return { kind: 'present', digest: await client.manifests.resolve(repository, reference) };
  } catch (error) {
    if (!(error instanceof RegistryError) || error.code === 'CANCELLED') throw error;
    return { kind: kindOfAbsence(error), digest: null };
  }
}

function kindOfAbsence({ absent }: RegistryError): LookedUp['kind'] {
  if (absent === 'manifest') return 'unknown';
  return absent === 'repository' ? 'repository-unknown' : 'unclear';
}

/**
 * Looks at the orphan on both sides right before its deletion. What the primary says of it counts only between two right answers
 * about the control tag.
 */
export async function takeLastLook(
  step: PlanStep,
  surroundings: OrphanSurroundings,
  { primary, secondary }: { readonly primary: RegistryClient; readonly secondary: RegistryClient },
): Promise<RegistriesLook> {
  const { primaryRepository, secondaryRepository } = surroundings;
  const sentinel = await surroundings.sentinel();
  const before = await lookAtControl(primary, surroundings);
  const onPrimary = await lookUpManifest(primary, primaryRepository, step.tag);
  const after = await lookAtControl(primary, surroundings);
  const onSecondary = await lookUpManifest(secondary, secondaryRepository, step.tag);
  return {
    sentinel,
    repository: surroundings.primary,
    primary: onPrimary.kind,
    control: before === 'present' ? after : 'unclear',
    secondary: compareWithPlan(onSecondary, step.secondaryDigest),
  };
}

async function lookAtControl(
  primary: RegistryClient,
  { controlRepository, controlTag, controlDigest }: OrphanSurroundings,
): Promise<LastLook['control']> {
  if (controlTag === undefined) return 'unclear';
  const { kind, digest } = await lookUpManifest(primary, controlRepository, controlTag);
  return kind === 'present' && digest === controlDigest ? 'present' : 'unclear';
}

function compareWithPlan(found: LookedUp, planned: Digest | null): LastLook['secondary'] {
  switch (found.kind) {
    case 'present':
      return found.digest === planned ? 'as-planned' : 'changed';
    case 'unknown':
      return planned === null ? 'as-planned' : 'gone';
    case 'repository-unknown':
      return 'gone';
    case 'unclear':
      return 'unclear';
  }
}
