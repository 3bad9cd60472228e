import { algorithmOf, digestOf, isDigest, type Digest } from '../oci/digest.ts';
import { hasDigest, parseManifest, type ManifestDocument, type ManifestHints } from '../oci/manifest.ts';
import { essenceOf, MANIFEST_ACCEPT } from '../oci/media-type.ts';
import { OciError } from '../oci/oci-error.ts';
import type { RepositoryName, Tag } from '../oci/reference.ts';
import { deleteScope, pullScope, pushScope } from './auth/token-scope.ts';
import type { Endpoint, ExchangeDetails } from './endpoint.ts';
import { RegistryError } from './registry-error.ts';
import type { Answer } from './transport/http-sender.ts';

/** Both sides of the specification support manifests of at least 4 MiB; common registries refuse larger ones. */
const MANIFEST_LIMIT_BYTES = 4 * 1024 * 1024;

type Reference = Tag | Digest;

/** What the registry said of a manifest that it took. */
export interface ManifestReceipt {
  /** Set when the registry keeps the referrers of that subject itself (`OCI-Subject`). */
  readonly indexedSubject: Digest | undefined;
}

/** Manifests of one registry. */
export class ManifestClient {
  readonly #endpoint: Endpoint;

  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint;
  }

  /**
   * The digest that a tag or digest stands for: the registry's word in a HEAD, else the hash of the GET body.
   *
   * @throws {RegistryError} `NOT_FOUND` with `absent: 'manifest'` only when the registry says MANIFEST_UNKNOWN in so many words.
   */
  async resolve(repository: RepositoryName, reference: Reference): Promise<Digest> {
    const answer = await this.#read('HEAD', repository, reference, [404, 405]);
    if (answer.status !== 404 && answer.status !== 405) {
      const digest = answer.headers.get('docker-content-digest');
      // distribution 2.8 names what was asked for by sha512 by its sha256.
      const isComparable = !isDigest(reference) || digest?.startsWith(algorithmOf(reference));
      if (isDigest(digest) && isComparable) return digest;
    }
    // A HEAD has no body: only a GET can tell an unknown manifest from one that is hidden, or hash one without a header.
    return (await this.get(repository, reference)).digest;
  }

  /** Whether the registry has this manifest in this repository. The answer only saves work: a bare 404 counts as no, and so does a doubt. */
  async exists(repository: RepositoryName, digest: Digest): Promise<boolean> {
    const { status, headers } = await this.#read('HEAD', repository, digest, [404]);
    const stated = headers.get('docker-content-digest');
    const isOther = stated?.startsWith(algorithmOf(digest)) === true && stated !== digest;
    // A captive portal answers every question with a page, and a page is no manifest.
    return status !== 404 && !isOther && essenceOf(headers.get('content-type')) !== 'text/html';
  }

  /**
   * A manifest's bytes, checked against the digest that was asked for or that the registry states.
   *
   * @throws {RegistryError} also with the codes of `OciError` for a body that is no manifest.
   */
  async get(
    repository: RepositoryName,
    reference: Reference,
    hints: ManifestHints = {},
  ): Promise<ManifestDocument> {
    const answer = await this.#read('GET', repository, reference, []);
    const expected = isDigest(reference) ? reference : answer.headers.get('docker-content-digest');
    const request = { operation: 'manifest-get', repository, reference } as const;
    const document = this.#parse(answer, { request, hints, expected });
    if (isDigest(expected) && !hasDigest(document, expected)) {
      throw this.#endpoint.error(
        'DIGEST_MISMATCH',
        request,
        `the registry sent other bytes: expected ${expected}, got ${document.digest}`,
      );
    }
    return isDigest(expected) ? { ...document, digest: expected } : document;
  }

  /** Puts exactly these bytes under a tag or their own digest. */
  async put(
    repository: RepositoryName,
    reference: Reference,
    document: ManifestDocument,
  ): Promise<ManifestReceipt> {
    const request = { operation: 'manifest-put', repository, reference } as const;
    const answer = await this.#endpoint.send(this.#url(repository, reference), {
      ...request,
      method: 'PUT',
      scope: pushScope(repository),
      headers: { 'Content-Type': document.mediaType },
      body: document.raw,
    });
    const stated = answer.headers.get('docker-content-digest');
    if (
      isDigest(stated) &&
      algorithmOf(stated) === algorithmOf(document.digest) &&
      stated !== document.digest
    ) {
      throw this.#endpoint.error(
        'DIGEST_MISMATCH',
        request,
        `the registry stored ${stated} instead of ${document.digest}`,
      );
    }
    const subject = answer.headers.get('oci-subject');
    return { indexedSubject: isDigest(subject) ? subject : undefined };
  }

  /**
   * Deletes one tag by its name and leaves its manifest and every other tag alone. Not repeated after an unknown result:
   * the caller reads back.
   *
   * @throws {RegistryError} `TAG_DELETE_UNSUPPORTED` where the registry deletes by digest only.
   */
  async deleteTag(repository: RepositoryName, tag: Tag): Promise<void> {
    try {
      await this.#delete({ operation: 'tag-delete', repeatability: 'once' }, repository, tag);
    } catch (error) {
      throw asUnsupportedDelete(error);
    }
  }

  /**
   * Deletes a manifest **and every tag that points at it**: only for a manifest that is known to have no other tag, and that
   * nobody else puts: then it may be repeated.
   */
  async deleteManifestAndItsTags(repository: RepositoryName, digest: Digest): Promise<void> {
    await this.#delete({ operation: 'manifest-delete', repeatability: 'repeatable' }, repository, digest);
  }

  async #delete(
    { operation, repeatability }: Pick<ExchangeDetails, 'operation' | 'repeatability'>,
    repository: RepositoryName,
    reference: Reference,
  ): Promise<void> {
    await this.#endpoint.send(this.#url(repository, reference), {
      operation,
      repository,
      reference,
      method: 'DELETE',
      scope: deleteScope(repository),
      repeatability,
      accept: [404],
    });
  }

  #parse(
    answer: Answer,
    context: {
      readonly request: Parameters<Endpoint['error']>[1];
      readonly hints: ManifestHints;
      readonly expected: string | undefined;
    },
  ): ManifestDocument {
    const { request, hints, expected } = context;
    const contentType = answer.headers.get('content-type');
    if (essenceOf(contentType) === 'text/html') {
      throw this.#endpoint.error('MALFORMED_RESPONSE', request, 'the answer is an HTML page, not a manifest');
    }
    const algorithm = isDigest(expected) ? algorithmOf(expected) : undefined;
    try {
      return parseManifest(answer.body, {
        algorithm,
        ...(hints.descriptorMediaType === undefined ? { contentType } : {}),
        ...hints,
      });
    } catch (error) {
      if (!(error instanceof OciError)) throw error;
      if (isDigest(expected) && digestOf(answer.body, algorithm) !== expected) {
        throw this.#endpoint.error(
          'DIGEST_MISMATCH',
          request,
          `the registry sent other bytes than ${expected}`,
        );
      }
      throw this.#endpoint.error(
        error.code === 'DIGEST_INVALID' ? 'MANIFEST_INVALID' : error.code,
        request,
        error.message,
      );
    }
  }

  async #read(
    method: 'GET' | 'HEAD',
    repository: RepositoryName,
    reference: Reference,
    accept: readonly number[],
  ): Promise<Answer> {
    return await this.#endpoint.send(this.#url(repository, reference), {
      operation: method === 'GET' ? 'manifest-get' : 'manifest-head',
      repository,
      reference,
      method,
      scope: pullScope(repository),
      headers: { Accept: MANIFEST_ACCEPT },
      limitBytes: MANIFEST_LIMIT_BYTES,
      tooLarge: 'MANIFEST_TOO_LARGE',
      accept,
    });
  }

  #url(repository: RepositoryName, reference: Reference): URL {
    return this.#endpoint.url(`/v2/${repository}/manifests/${reference}`);
  }
}

/** distribution 2.x answers 400 DIGEST_INVALID, Harbor 400 UNSUPPORTED to a delete by tag name. */
function asUnsupportedDelete(error: unknown): unknown {
  if (!(error instanceof RegistryError) || error.status !== 400) return error;
  if (!error.errorCodes.some((code) => code === 'DIGEST_INVALID' || code === 'UNSUPPORTED')) return error;
  const { request, detail, status, errorCodes } = error;
  return new RegistryError({ code: 'TAG_DELETE_UNSUPPORTED', request, detail, status, errorCodes });
}
