import { hasDigest, type ManifestDocument } from '../oci/manifest.ts';
import type { RepositoryName, Tag } from '../oci/reference.ts';
import type { PlanStep } from '../planning/step.ts';
import { contentDigestOf } from '../planning/step.ts';
import type { RegistryClient } from '../registry/registry-client.ts';
import { RegistryError } from '../registry/registry-error.ts';
import type { CopyContext } from './copy-context.ts';
import { CopyError } from './copy-failure.ts';
import { walkFrom, type GraphCopier } from './graph-copier.ts';
import type { PrimaryContent } from './primary-content.ts';
import type { PreparedContent } from './prepared-content.ts';
import type { ReferrersCopier } from './referrers-copier.ts';

/** Looks at a tag that was put, over a few seconds, before what they show counts. */
const MOST_LOOKS = 3;

/** Makes tags of one secondary stand for what the plan saw: content first, referrers next, the tag last, and then read back. */
export class ArtifactCopier {
  readonly #primary: PrimaryContent;
  readonly #secondary: RegistryClient;
  readonly #graphs: GraphCopier;
  readonly #referrers: ReferrersCopier;

  constructor(
    { primary, secondary }: { readonly primary: PrimaryContent; readonly secondary: RegistryClient },
    graphs: GraphCopier,
    referrers: ReferrersCopier,
  ) {
    this.#primary = primary;
    this.#secondary = secondary;
    this.#graphs = graphs;
    this.#referrers = referrers;
  }

  /**
   * Copies by the digest that the plan saw, never by the tag.
   *
   * @param referrers manifests that refer to this content and are to be there before the tag is.
   * @throws {RegistryError | CopyError}
   */
  async copyTag(step: PlanStep, referrers: readonly PlanStep[], context: CopyContext): Promise<void> {
    const prepared = await context.prepare(step);
    const document = await this.#readRoot(step, prepared, context);
    const walk = walkFrom(context, prepared);
    await this.#graphs.copyBelow(document, walk);
    if (referrers.length > 0) {
      await this.#graphs.put(document, document.digest, walk);
      for (const referrer of referrers) await this.#referrers.copy(referrer, context);
    }
    await this.#graphs.put(document, step.tag, walk);
    await this.#readBack(step.tag, document, context);
  }

  async #readRoot(
    step: PlanStep,
    prepared: PreparedContent,
    context: CopyContext,
  ): Promise<ManifestDocument> {
    const digest = contentDigestOf(step);
    if (digest === null) throw new CopyError('MISSING_CONTENT', 'the plan has no digest to copy');
    const document = prepared.documents.get(digest);
    if (document !== undefined) return document;
    try {
      return await this.#primary.getManifest(context.primaryRepository, digest);
    } catch (error) {
      if (!(error instanceof RegistryError) || error.absent === undefined) throw error;
      throw await this.#explainMissingRoot(step, error, context);
    }
  }

  async #explainMissingRoot(step: PlanStep, cause: RegistryError, context: CopyContext): Promise<CopyError> {
    const { tag, primaryDigest } = step;
    const now = await this.#primary.resolveTag(context.primaryRepository, tag).catch(() => undefined);
    if (now !== undefined && now !== primaryDigest) {
      const message = `the primary's tag moved to ${now} during the copy; the next cycle copies it`;
      return new CopyError('TAG_MOVED', message, { cause });
    }
    const message = `the primary does not have the manifest ${primaryDigest ?? ''} that its tag names`;
    return new CopyError('MISSING_CONTENT', message, { cause });
  }

  /** 201 is a promise: only what can be read back was copied. Some registries need a moment until every reader sees it (registry.k8s.io#324). */
  async #readBack(tag: Tag, document: ManifestDocument, { secondaryRepository }: CopyContext): Promise<void> {
    for (let look = 1; ; look += 1) {
      const failure = await this.#lookAt(tag, document, secondaryRepository);
      if (failure === undefined) return;
      if (look === MOST_LOOKS) throw failure;
      await this.#secondary.blobs.waitBeforeRetry(look);
    }
  }

  async #lookAt(
    tag: Tag,
    document: ManifestDocument,
    repository: RepositoryName,
  ): Promise<CopyError | undefined> {
    try {
      const found = await this.#secondary.manifests.resolve(repository, tag);
      // Either algorithm is a registry's to choose, whatever the primary calls these bytes.
      if (hasDigest(document, found)) return undefined;
      return new CopyError(
        'VERIFY_FAILED',
        `${repository}:${tag} reads back as ${found}: somebody else writes to the secondary`,
      );
    } catch (error) {
      if (!(error instanceof RegistryError) || error.status !== 404) throw error;
      return new CopyError(
        'ACKED_NOT_READABLE',
        `${this.#secondary.name} acknowledged ${repository}:${tag} and does not serve it; restarting that registry drops a stale cache`,
        { cause: error },
      );
    }
  }
}
