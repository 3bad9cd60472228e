import type { Readable } from 'node:stream';
import type { Digest } from '../oci/digest.ts';
import type { FailureCode } from '../oci/failure-code.ts';
import { essenceOf } from '../oci/media-type.ts';
import type { RepositoryName } from '../oci/reference.ts';
import { mountScope, pullScope, pushScope } from './auth/token-scope.ts';
import type { Endpoint } from './endpoint.ts';
import { RegistryError } from './registry-error.ts';
import { resolveUrlReference } from './resolve-url-reference.ts';
import type { Slot } from './transport/request-gate.ts';
import type { Answer } from './transport/http-sender.ts';
import type { StreamedBody } from './transport/registry-transport.ts';

/** An upload that a registry opened; its URL is the registry's own business and goes back as it came. */
export interface UploadSession {
  readonly repository: RepositoryName;
  readonly url: URL;
}

export type BlobPresence =
  { readonly kind: 'present'; readonly sizeBytes: number | undefined } | { readonly kind: 'absent' };

export type MountResult =
  | { readonly kind: 'mounted' }
  /** The registry opened an upload instead. */
  | { readonly kind: 'upload'; readonly session: UploadSession }
  | { readonly kind: 'refused' };

export interface BlobDownload {
  readonly stream: Readable;
  /** As the registry announces it; `undefined` without a Content-Length. */
  readonly sizeBytes: number | undefined;
}

/** Blobs of one registry. */
export class BlobClient {
  readonly #endpoint: Endpoint;

  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint;
  }

  /** Waits for one of the registry's places and holds it for a blob on its way. */
  reserveSlot(): Promise<Slot> {
    return this.#endpoint.connection.transport.gate.reserve();
  }

  /** Sets the order in which two registries' places are taken, so that two opposite links cannot wait for each other. */
  get registry(): string {
    return this.#endpoint.registry;
  }

  /** Waits before an upload is tried again: long enough for a restarted registry, with jitter. */
  async waitBeforeRetry(attempt: number): Promise<void> {
    const { clock } = this.#endpoint.connection;
    try {
      await clock.sleep(2 ** attempt * (0.5 + Math.random() / 2), this.#endpoint.signal);
    } catch {
      throw this.#endpoint.error('CANCELLED', { operation: 'upload-start' }, 'cancelled');
    }
  }

  /** Whether and how large, as far as the registry says. */
  async head(repository: RepositoryName, digest: Digest): Promise<BlobPresence> {
    const answer = await this.#endpoint.send(this.#url(repository, digest), {
      operation: 'blob-head',
      repository,
      reference: digest,
      method: 'HEAD',
      scope: pullScope(repository),
      accept: [404],
    });
    if (essenceOf(answer.headers.get('content-type')) === 'text/html' && answer.status !== 404) {
      const request = { operation: 'blob-head', repository, reference: digest } as const;
      throw this.#endpoint.error('MALFORMED_RESPONSE', request, 'the answer is an HTML page, not a blob');
    }
    return answer.status === 404 ? { kind: 'absent' } : { kind: 'present', sizeBytes: contentLength(answer) };
  }

  /** Opens a blob. The stream must be read to its end or destroyed; its bytes are not checked here. */
  async get(repository: RepositoryName, digest: Digest, slot?: Slot): Promise<BlobDownload> {
    const answer = await this.#endpoint.send(this.#url(repository, digest), {
      operation: 'blob-get',
      repository,
      reference: digest,
      method: 'GET',
      scope: pullScope(repository),
      headers: { Accept: '*/*' },
      answer: 'stream',
      slot,
    });
    if (answer.stream === undefined) {
      throw this.#endpoint.error(
        'MALFORMED_RESPONSE',
        { operation: 'blob-get', repository, reference: digest },
        'no body',
      );
    }
    return { stream: this.#throttled(answer.stream), sizeBytes: contentLength(answer) };
  }

  /** Asks for a blob that another repository of the same registry has. */
  async mount(repository: RepositoryName, digest: Digest, from: RepositoryName): Promise<MountResult> {
    const url = this.#endpoint.url(
      `/v2/${repository}/blobs/uploads/?mount=${digest}&from=${encodeURIComponent(from)}`,
    );
    try {
      const answer = await this.#endpoint.send(url, {
        operation: 'blob-mount',
        repository,
        reference: digest,
        method: 'POST',
        scope: mountScope(repository, from),
      });
      if (answer.status === 201) return { kind: 'mounted' };
      return { kind: 'upload', session: this.#session(repository, answer) };
    } catch (error) {
      // Whatever the refusal, a plain upload is the answer to it (containerd#14086, go-containerregistry write.go).
      if (error instanceof RegistryError && !NO_ANSWER.has(error.code)) return { kind: 'refused' };
      throw error;
    }
  }

  async startUpload(repository: RepositoryName): Promise<UploadSession> {
    const answer = await this.#endpoint.send(this.#endpoint.url(`/v2/${repository}/blobs/uploads/`), {
      operation: 'upload-start',
      repository,
      method: 'POST',
      scope: pushScope(repository),
    });
    return this.#session(repository, answer);
  }

  /**
   * Sends a whole blob in one request and commits it. Not repeated after an unknown result: an interrupted upload cannot
   * be resumed everywhere (distribution 2.8), so the caller looks and opens a new one.
   */
  async upload(
    session: UploadSession,
    digest: Digest,
    { body, slot }: { readonly body: StreamedBody; readonly slot: Slot },
  ): Promise<void> {
    const url = new URL(session.url);
    // Appended to the text as it is: re-serialising the query could change the registry's own state in it.
    url.search = `${url.search === '' ? '?' : `${url.search}&`}digest=${encodeURIComponent(digest)}`;
    await this.#endpoint.send(url, {
      operation: 'upload-put',
      repository: session.repository,
      reference: digest,
      method: 'PUT',
      scope: pushScope(session.repository),
      headers: { 'Content-Type': 'application/octet-stream' },
      body: { sizeBytes: body.sizeBytes, open: async () => this.#throttled(await body.open()) },
      repeatability: 'once',
      slot,
    });
  }

  /**
   * Gives an upload up, so that the registry may forget it; whether it does is its own affair.
   *
   * @param slot the place of the upload itself, if it got one: with all places taken by uploads that fail, none would ever get another one.
   */
  async cancelUpload(session: UploadSession, slot?: Slot): Promise<void> {
    await this.#endpoint.send(session.url, {
      operation: 'upload-cancel',
      repository: session.repository,
      method: 'DELETE',
      scope: pushScope(session.repository),
      repeatability: 'once',
      slot,
    });
  }

  #session(repository: RepositoryName, answer: Answer): UploadSession {
    const location = answer.headers.get('location') ?? '';
    // Taken as it was written: re-serialising it could change the registry's own state in it.
    const url = location === '' ? undefined : resolveUrlReference(location, answer.url);
    const complaint =
      answer.status !== 202 || url === undefined
        ? `HTTP ${answer.status} without a usable Location for the upload`
        : complaintAbout(url, answer.url);
    if (url !== undefined && complaint === undefined) return { repository, url };
    throw this.#endpoint.error(
      'MALFORMED_RESPONSE',
      { operation: 'upload-start', repository },
      complaint ?? '',
    );
  }

  #throttled(stream: Readable): Readable {
    const rate = this.#endpoint.connection.byteRate;
    if (rate === undefined) return stream;
    const throttle = rate.throttle();
    stream.once('error', (error) => throttle.destroy(error));
    throttle.once('close', () => stream.destroy());
    return stream.pipe(throttle);
  }

  #url(repository: RepositoryName, digest: Digest): URL {
    return this.#endpoint.url(`/v2/${repository}/blobs/${digest}`);
  }
}

/** Failures of which nobody knows what a plain upload would meet. */
const NO_ANSWER: ReadonlySet<FailureCode> = new Set<FailureCode>([
  'NETWORK',
  'TIMEOUT',
  'TLS',
  'RATE_LIMITED',
  'CANCELLED',
]);

/** Whoever sends an upload elsewhere would get the credential with it (oras-go CVE-2026-50151). */
function complaintAbout(url: URL, registry: URL): string | undefined {
  if (url.origin !== registry.origin) {
    return `the registry sends the upload to another origin, ${url.origin}: refused (behind a proxy, set its external address in the registry)`;
  }
  const isPlain = url.username === '' && url.password === '' && !url.href.includes('#');
  return isPlain ? undefined : 'the Location for the upload has user information or a fragment in it';
}

function contentLength(answer: Answer): number | undefined {
  const text = answer.headers.get('content-length');
  const length = text === undefined ? Number.NaN : Number(text);
  return Number.isSafeInteger(length) && length >= 0 ? length : undefined;
}
