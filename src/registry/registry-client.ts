import { z } from 'zod';
import { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { essenceOf } from '../oci/media-type.ts';
import { isRepositoryName, isTag, type RepositoryName, type Tag } from '../oci/reference.ts';
import { CATALOG_SCOPE, PING_SCOPE, pullScope } from './auth/token-scope.ts';
import { BlobClient } from './blob-client.ts';
import type { CircuitBreaker } from './circuit-breaker.ts';
import { Endpoint } from './endpoint.ts';
import { plainText } from './error-body.ts';
import { ManifestClient } from './manifest-client.ts';
import { readPages } from './page-reader.ts';
import { RegistryCapabilities } from './registry-capabilities.ts';
import type { RegistryConnection } from './registry-connection.ts';
import { RegistryError } from './registry-error.ts';
import { RequestMeter } from './request-meter.ts';

const CatalogPage = z.object({ repositories: z.array(z.unknown()).nullable() });
const TagPage = z.object({ name: z.string(), tags: z.array(z.unknown()).nullable() });
const ReferrersPage = z.object({ manifests: z.array(Descriptor).nullable() });

/** The names of a complete listing, and what stood between them that cannot be a name. */
export interface Listing<Name> {
  readonly names: readonly Name[];
  /** Printable forms of entries that are no names: Nexus lists `null`, Artifactory digests. */
  readonly invalid: readonly string[];
}

/** The tags of a repository, or the registry's word that it knows no such repository. */
export type TagListing =
  ({ readonly kind: 'listed' } & Listing<Tag>) | { readonly kind: 'repository-unknown' };

export type ReferrersListing =
  | { readonly kind: 'listed'; readonly descriptors: readonly Descriptor[] }
  /** The registry has no referrers API; the referrers tag holds what it knows. */
  | { readonly kind: 'unsupported' };

/**
 * The one OCI Distribution (V2) client: both sides of a link are read and written through it.
 *
 * Every method either gives the complete answer or throws a `RegistryError`; unknown is never empty.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md
 */
export class RegistryClient {
  readonly name: string;
  readonly manifests: ManifestClient;
  readonly blobs: BlobClient;
  readonly meter: RequestMeter;
  readonly capabilities = new RegistryCapabilities();
  readonly #endpoint: Endpoint;

  constructor(connection: RegistryConnection, signal?: AbortSignal, breaker?: CircuitBreaker) {
    this.name = connection.name;
    this.meter = new RequestMeter();
    this.#endpoint = new Endpoint(connection, this.meter, { signal, breaker });
    this.manifests = new ManifestClient(this.#endpoint);
    this.blobs = new BlobClient(this.#endpoint);
  }

  /** Scheme, host and port. */
  get origin(): string {
    return this.#endpoint.connection.transport.origin.origin;
  }

  /**
   * Proves that a registry answers and lets us in.
   *
   * @throws {RegistryError} `MALFORMED_RESPONSE` where something answers that is no registry.
   */
  async ping(): Promise<void> {
    const answer = await this.#endpoint.send(this.#endpoint.url('/v2/'), {
      operation: 'ping',
      method: 'GET',
      scope: PING_SCOPE,
      accept: [404],
    });
    const type = essenceOf(answer.headers.get('content-type'));
    const saysSo = answer.headers.has('docker-distribution-api-version') && !isPage(answer.body);
    if (answer.status === 404 || (!saysSo && type !== undefined && !type.endsWith('json'))) {
      throw this.#endpoint.error(
        'MALFORMED_RESPONSE',
        { operation: 'ping' },
        `${this.origin}/v2/ answered HTTP ${answer.status}${type === undefined ? '' : ` with ${plainText(type)}`}: no registry answers there`,
      );
    }
  }

  /** Every repository that the catalog names; it proves presence, never absence. */
  async listRepositories(): Promise<Listing<RepositoryName>> {
    const pages = await readPages(this.#endpoint, {
      first: this.#endpoint.url('/v2/_catalog'),
      details: { operation: 'catalog', method: 'GET', scope: CATALOG_SCOPE },
      schema: CatalogPage,
      entriesOf: (page) => page.repositories?.length ?? 0,
    });
    return partition(
      pages.flatMap((page) => page.repositories ?? []),
      isRepositoryName,
    );
  }

  /** Every tag of a repository, in the order of the registry. */
  async listTags(repository: RepositoryName): Promise<TagListing> {
    const details = { operation: 'tags', method: 'GET', scope: pullScope(repository), repository } as const;
    try {
      const pages = await readPages(this.#endpoint, {
        first: this.#endpoint.url(`/v2/${repository}/tags/list`),
        details,
        schema: TagPage,
        entriesOf: (page) => page.tags?.length ?? 0,
      });
      const stranger = pages.find((page) => page.name !== repository);
      if (stranger !== undefined) {
        throw this.#endpoint.error(
          'MALFORMED_RESPONSE',
          details,
          `the listing is that of ${JSON.stringify(plainText(stranger.name))}`,
        );
      }
      return {
        kind: 'listed',
        ...partition(
          pages.flatMap((page) => page.tags ?? []),
          isTag,
        ),
      };
    } catch (error) {
      if (error instanceof RegistryError && error.absent === 'repository')
        return { kind: 'repository-unknown' };
      throw error;
    }
  }

  /** The manifests that name `subject` as theirs, by the referrers API alone. */
  async listReferrers(repository: RepositoryName, subject: Digest): Promise<ReferrersListing> {
    try {
      const pages = await readPages(this.#endpoint, {
        first: this.#endpoint.url(`/v2/${repository}/referrers/${subject}`),
        details: {
          operation: 'referrers',
          method: 'GET',
          scope: pullScope(repository),
          repository,
          reference: subject,
        },
        schema: ReferrersPage,
        entriesOf: (page) => page.manifests?.length ?? 0,
      });
      return { kind: 'listed', descriptors: pages.flatMap((page) => page.manifests ?? []) };
    } catch (error) {
      if (error instanceof RegistryError && isUnsupported(error)) return { kind: 'unsupported' };
      throw error;
    }
  }
}

/** A login page keeps the registry's header where a proxy in front of it adds headers of its own. */
function isPage(body: Uint8Array): boolean {
  return Buffer.from(body.subarray(0, 100)).toString('latin1').trimStart().startsWith('<');
}

/** 404 is the specification's answer of a registry without the API; 405 and 400 UNSUPPORTED are what proxies make of it. */
function isUnsupported(error: RegistryError): boolean {
  if (error.status === 404) return error.absent !== 'repository';
  return error.status === 405 || (error.status === 400 && error.errorCodes.includes('UNSUPPORTED'));
}

function partition<Name extends string>(
  entries: readonly unknown[],
  isName: (entry: unknown) => entry is Name,
): Listing<Name> {
  const names = new Set<Name>();
  const invalid: string[] = [];
  for (const entry of entries) {
    if (isName(entry)) names.add(entry);
    else invalid.push(plainText(typeof entry === 'string' ? entry : JSON.stringify(entry)));
  }
  return { names: [...names], invalid };
}
