import { z } from 'zod';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { parseManifest, type ManifestDocument } from '../oci/manifest.ts';
import { OCI_INDEX } from '../oci/media-type.ts';
import { referrersTag, type RepositoryName } from '../oci/reference.ts';
import type { PlanStep } from '../planning/step.ts';
import type { RegistryClient } from '../registry/registry-client.ts';
import { RegistryError } from '../registry/registry-error.ts';
import type { CopyContext } from './copy-context.ts';
import { CopyError } from './copy-failure.ts';
import { walkFrom, type GraphCopier } from './graph-copier.ts';
import type { PrimaryContent } from './primary-content.ts';
import { NOTHING_PREPARED } from './prepared-content.ts';

/**
 * Brings manifests that refer to another one (signatures, SBOMs, attestations) to a secondary so that its own referrers
 * API, or where it has none the referrers tag, names them.
 */
export class ReferrersCopier {
  readonly #primary: PrimaryContent;
  readonly #secondary: RegistryClient;
  readonly #graphs: GraphCopier;
  /** One writer per referrers tag: a list is read, merged and written while nobody else does. */
  readonly #writing = new Map<string, Promise<void>>();

  constructor(primary: PrimaryContent, secondary: RegistryClient, graphs: GraphCopier) {
    this.#primary = primary;
    this.#secondary = secondary;
    this.#graphs = graphs;
  }

  /** Copies one referrer by its digest. @throws {RegistryError | CopyError} */
  async copy(step: PlanStep, context: CopyContext): Promise<void> {
    if (step.primaryDigest === null) throw new CopyError('MISSING_CONTENT', 'the plan has no digest to copy');
    const document = await this.#primary.getManifest(context.primaryRepository, step.primaryDigest);
    const walk = walkFrom(context, NOTHING_PREPARED);
    await this.#graphs.copyBelow(document, walk);
    const { indexedSubject } = await this.#graphs.put(document, document.digest, walk);
    const subject = document.view.subject?.digest;
    // Without OCI-Subject in its answer the registry keeps no list, and the client must (distribution-spec, "Pushing manifests with subject").
    if (subject !== undefined && indexedSubject === undefined) {
      await this.#addToReferrersTag(subject, document, context.secondaryRepository);
    }
  }

  async #addToReferrersTag(
    subject: Digest,
    referrer: ManifestDocument,
    repository: RepositoryName,
  ): Promise<void> {
    const key = `${repository}@${subject}`;
    const before = this.#writing.get(key) ?? Promise.resolve();
    const writing = before
      .catch(() => undefined)
      .then(() => this.#mergeReferrersTag(subject, referrer, repository));
    this.#writing.set(key, writing);
    await writing;
  }

  async #mergeReferrersTag(
    subject: Digest,
    referrer: ManifestDocument,
    repository: RepositoryName,
  ): Promise<void> {
    const tag = referrersTag(subject);
    const { manifests } = this.#secondary;
    const listed = await this.#readReferrersTag(repository, subject);
    if (listed.some(({ digest }) => digest === referrer.digest)) return;
    const index = buildReferrersIndex([...listed, describeReferrer(referrer)]);
    await manifests.put(repository, tag, index);
    const found = await manifests.resolve(repository, tag);
    if (found !== index.digest)
      throw new CopyError('VERIFY_FAILED', `the referrers tag ${tag} reads back as ${found}`);
  }

  /** GitLab resolves `sha256-<hex>` to the image itself: only an index counts as a list of referrers. */
  async #readReferrersTag(repository: RepositoryName, subject: Digest): Promise<readonly Descriptor[]> {
    try {
      const document = await this.#secondary.manifests.get(repository, referrersTag(subject));
      return document.kind === 'index' && document.digest !== subject ? (document.view.manifests ?? []) : [];
    } catch (error) {
      if (error instanceof RegistryError && error.absent !== undefined) return [];
      throw error;
    }
  }
}

const Annotations = z.record(z.string(), z.string());

/** What a list of referrers says of a manifest: its artifact type, else that of its configuration, and its annotations. */
function describeReferrer({ view, mediaType, digest, raw }: ManifestDocument): Descriptor {
  const annotations = Annotations.safeParse(view.annotations);
  const artifactType = view.artifactType ?? view.config?.mediaType;
  return {
    mediaType,
    digest,
    size: raw.length,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(annotations.success ? { annotations: annotations.data } : {}),
  };
}

function buildReferrersIndex(manifests: readonly Descriptor[]): ManifestDocument {
  return parseManifest(Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests })));
}
