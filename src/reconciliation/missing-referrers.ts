import type { Digest } from '../oci/digest.ts';
import type { Tag } from '../oci/reference.ts';
import { isDigestTag } from '../oci/reference.ts';
import { successorsOf } from '../oci/successors.ts';
import { mapConcurrently } from '../inventory/map-concurrently.ts';
import { contentDigestOf, stepEnded, type PlanStep, type StepOutcome } from '../planning/step.ts';
import type { TagDifference } from '../planning/diff-tag-maps.ts';
import { RegistryError } from '../registry/registry-error.ts';
import type { RepositoryName } from '../oci/reference.ts';
import type { LinkContext, SecondaryContext } from './link-context.ts';

const TAGS_AT_ONCE = 16;

/** A signature of a signature of an SBOM is as far as real content goes. */
const DEEPEST = 3;

export interface RepositoryPair {
  readonly primaryRepository: RepositoryName;
  readonly secondaryRepository: RepositoryName;
}

export interface MissingReferrers {
  /** `copy-referrer` steps by the tag whose content they refer to. */
  readonly byTag: ReadonlyMap<Tag, readonly PlanStep[]>;
  /** Tags whose referrers could not be asked for. */
  readonly failures: readonly StepOutcome[];
}

type PresentTag = Extract<TagDifference, { kind: 'in-sync' | 'missing' | 'moved' }>;

/**
 * Finds the signatures, SBOMs and attestations that the primary has for the content of its tags and the secondary has not, also
 * for content that is unchanged. Where the primary has no referrers API its referrers tags are tags like any other.
 */
export async function findMissingReferrers(
  differences: readonly TagDifference[],
  repositories: RepositoryPair,
  contexts: { readonly link: LinkContext; readonly secondary: SecondaryContext },
): Promise<MissingReferrers> {
  const search = new ReferrerSearch(repositories, contexts.link, contexts.secondary);
  const byTag = new Map<Tag, readonly PlanStep[]>();
  const failures: StepOutcome[] = [];
  // A referrers tag is a list of referrers, not content that others refer to.
  const tags = differences.filter(isPresent).filter(({ tag }) => !isDigestTag(tag));
  await mapConcurrently(tags, TAGS_AT_ONCE, async (difference) => {
    const { tag, primaryDigest, secondaryDigest } = difference;
    try {
      const missing = await search.missingFor(difference);
      if (missing.length === 0) return;
      byTag.set(
        tag,
        missing.map((digest) => ({
          kind: 'copy-referrer',
          tag,
          primaryDigest: digest,
          secondaryDigest: null,
        })),
      );
    } catch (error) {
      // A cycle that is cancelled says so of each tag, too.
      if (!(error instanceof RegistryError)) throw error;
      failures.push(
        stepEnded(
          { kind: 'copy-referrer', tag, primaryDigest, secondaryDigest },
          'failed',
          error.code,
          error.message,
        ),
      );
    }
  });
  return { byTag, failures };
}

function isPresent(difference: TagDifference): difference is PresentTag {
  return difference.kind === 'in-sync' || difference.kind === 'missing' || difference.kind === 'moved';
}

/** One repository's search: a referrer that two tags share is found once. */
class ReferrerSearch {
  readonly #repositories: RepositoryPair;
  readonly #link: LinkContext;
  readonly #secondary: SecondaryContext;
  readonly #found = new Set<Digest>();

  constructor(repositories: RepositoryPair, link: LinkContext, secondary: SecondaryContext) {
    this.#repositories = repositories;
    this.#link = link;
    this.#secondary = secondary;
  }

  async missingFor(tag: PresentTag): Promise<readonly Digest[]> {
    if (
      (await this.#link.primaryReferrers.list(this.#repositories.primaryRepository, tag.primaryDigest)) ===
      'unsupported'
    )
      return [];
    const missing: Digest[] = [];
    for (const subject of await this.#subjectsOf(tag)) missing.push(...(await this.#missingFor(subject, 1)));
    return missing;
  }

  /** The content of a tag and the images that it lists: each may be signed by its own digest. */
  async #subjectsOf(tag: PresentTag): Promise<readonly Digest[]> {
    const { primaryRepository } = this.#repositories;
    const digest = contentDigestOf(tag) ?? tag.primaryDigest;
    const { documents, leftOut } = await this.#link.content.prepare(primaryRepository, tag.primaryDigest);
    const document =
      documents.get(digest) ?? (await this.#link.primary.manifests.get(primaryRepository, digest));
    const children = successorsOf(document).manifests.map((child) => child.digest);
    return [digest, ...children.filter((child) => !leftOut.has(child) && !documents.has(child))];
  }

  async #missingFor(subject: Digest, depth: number): Promise<readonly Digest[]> {
    const { primaryRepository, secondaryRepository } = this.#repositories;
    const onPrimary = await this.#link.primaryReferrers.list(primaryRepository, subject);
    if (onPrimary === 'unsupported' || onPrimary.length === 0) return [];
    const onSecondary = await this.#secondary.referrers.listWithFallback(secondaryRepository, subject);
    const missing: Digest[] = [];
    for (const referrer of onPrimary) {
      if (!onSecondary.has(referrer) && !this.#found.has(referrer)) {
        this.#found.add(referrer);
        missing.push(referrer);
      }
      if (depth < DEEPEST) missing.push(...(await this.#missingFor(referrer, depth + 1)));
    }
    return missing;
  }
}
