import { type IncomingMessage, type ServerResponse } from 'node:http';
import { type FakeAnswer, headerOf } from './fake-answer.ts';
import { type FakeAuth } from './fake-auth.ts';
import { FakeBlobOrigin } from './fake-blob-origin.ts';
import { ConnectionCutError, FakeConnection } from './fake-connection.ts';
import { FakeDispatcher, filedUnder, openedSession } from './fake-dispatcher.ts';
import { type CutFault, type Fault } from './fake-fault.ts';
import { FaultPlan } from './fake-fault-plan.ts';
import { FakeHistory, type FakeServerRole, type OpenRecord } from './fake-history.ts';
import { FakeHttpServer, type FakeHttpServerOptions, type FakeTls } from './fake-http-server.ts';
import { type Incoming, readIncoming, TOKEN_PATH } from './fake-incoming.ts';
import { type FakeProfile, type FakeProfileName } from './fake-profile.ts';
import { fakeProfile } from './fake-profiles.ts';
import { FakeStorage } from './fake-storage.ts';

export interface FakeRegistryOptions {
  /** A profile by name, or one that a test changed; default `distribution-3.1`. */
  readonly profile?: FakeProfileName | FakeProfile;
  /** What it holds at the start; default nothing. The same storage may serve one registry after another. */
  readonly storage?: FakeStorage;
  readonly auth?: FakeAuth;
  readonly tls?: FakeTls;
  /** `blob-origin` answers blob reads with 307 to a second origin, as a registry in front of an object store does. */
  readonly blobs?: 'served' | 'blob-origin';
  readonly keepAliveTimeoutMs?: number;
}

/**
 * A registry on loopback that speaks the V2 API, for tests: one process, no disk. `storage` fills and inspects it,
 * `faults` says what goes wrong, `history` tells what was asked. Origins: the registry, the token endpoint, the
 * object store.
 */
export class FakeRegistry {
  readonly profile: FakeProfile;
  readonly storage: FakeStorage;
  readonly faults = new FaultPlan();
  readonly history = new FakeHistory();
  /** Errors of the fake itself; a test that ends with any has found a defect of the fake. */
  readonly defects: unknown[] = [];
  readonly blobOrigin = new FakeBlobOrigin();
  readonly #dispatcher: FakeDispatcher;
  readonly #servers = new Map<FakeServerRole, FakeHttpServer>();
  readonly #scheme: 'http' | 'https';

  private constructor(options: FakeRegistryOptions) {
    const { profile = 'distribution-3.1', storage = new FakeStorage(), auth = { kind: 'none' } } = options;
    this.profile = typeof profile === 'string' ? fakeProfile(profile) : profile;
    this.storage = storage;
    this.#scheme = options.tls === undefined ? 'http' : 'https';
    this.#dispatcher = new FakeDispatcher({
      profile: this.profile,
      storage,
      auth,
      realm: () => this.tokenUrl,
      blobOrigin:
        options.blobs === 'blob-origin'
          ? { store: this.blobOrigin, url: () => this.blobOriginUrl }
          : undefined,
    });
  }

  static async start(options: FakeRegistryOptions = {}): Promise<FakeRegistry> {
    const registry = new FakeRegistry(options);
    const common: FakeHttpServerOptions = {
      ...(options.tls === undefined ? {} : { tls: options.tls }),
      ...(options.keepAliveTimeoutMs === undefined ? {} : { keepAliveTimeoutMs: options.keepAliveTimeoutMs }),
    };
    await registry.#open('registry', common);
    if (options.blobs === 'blob-origin') await registry.#open('blob-origin', common);
    const { auth } = options;
    if (auth?.kind === 'bearer' && auth.endpoint !== 'same-origin') await registry.#open('token', common);
    return registry;
  }

  /** Origin of the registry, without a path. */
  get url(): string {
    return this.#server('registry').origin;
  }

  /** The token endpoint, whether or not any token server is configured. */
  get tokenUrl(): string {
    return `${(this.#servers.get('token') ?? this.#server('registry')).origin}${TOKEN_PATH}`;
  }

  /** Origin of the object store. Throws without `blobs: 'blob-origin'`. */
  get blobOriginUrl(): string {
    return this.#server('blob-origin').origin;
  }

  openConnections(server: FakeServerRole = 'registry'): number {
    return this.#server(server).openConnections();
  }

  /** Breaks every connection and refuses new ones until `acceptConnections`. */
  async refuseConnections(server: FakeServerRole = 'registry'): Promise<void> {
    await this.#server(server).refuseConnections();
  }

  /** Listens again, on the same port. */
  async acceptConnections(server: FakeServerRole = 'registry'): Promise<void> {
    await this.#server(server).acceptConnections();
  }

  async stop(): Promise<void> {
    for (const server of this.#servers.values()) await server.stop();
  }

  #server(role: FakeServerRole): FakeHttpServer {
    const server = this.#servers.get(role);
    if (server === undefined) throw new Error(`this fake has no ${role} server`);
    return server;
  }

  async #open(role: FakeServerRole, options: FakeHttpServerOptions): Promise<void> {
    const handler = (request: IncomingMessage, response: ServerResponse): Promise<void> =>
      this.#serve(role, request, response);
    this.#servers.set(role, await FakeHttpServer.start(handler, options));
  }

  async #serve(role: FakeServerRole, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket } = request;
    const incoming = readIncoming(request, role, this.#scheme);
    const { server, operation, method, target, headers } = incoming;
    const record = this.history.begin({
      server,
      operation,
      method,
      target,
      headers,
      ...filedUnder(incoming),
    });
    const fault = this.faults.take(record);
    record.fault = fault?.kind ?? null;
    const connection = new FakeConnection(request, response, record);
    try {
      await this.#exchange(connection, { incoming, record, fault });
    } catch (error) {
      if (!(error instanceof ConnectionCutError) && !socket.destroyed) this.defects.push(error);
      socket.destroy();
    } finally {
      this.history.end(record);
    }
  }

  async #exchange(connection: FakeConnection, { incoming, record, fault }: Turn): Promise<void> {
    const cut = cutOf(fault, connection);
    if (cut !== null && cut.afterRequestBytes === undefined) {
      await connection.cut(cut.kind);
      return;
    }
    const plain = await this.#dispatcher.answer(incoming, connection.body(cut), fault);
    record.session ||= openedSession(plain);
    record.digest = headerOf(plain, 'Docker-Content-Digest') ?? null;
    if (fault?.kind === 'hold') await fault.until;
    // A routed answer may leave the body unread, and then a cut inside of it has not happened yet.
    if (cut !== null) await connection.cut(cut.kind);
    else if (fault?.kind === 'answer-lost') await connection.cut('reset');
    else await connection.send(edited(plain, record, fault), fault);
  }
}

const edited = (plain: FakeAnswer, record: OpenRecord, fault: Fault | undefined): FakeAnswer =>
  fault?.kind === 'edit' ? fault.edit(plain, record) : plain;

interface Turn {
  readonly incoming: Incoming;
  readonly record: OpenRecord;
  readonly fault: Fault | undefined;
}

/** The end of the connection that a fault means for this request; null where it means none. */
function cutOf(fault: Fault | undefined, connection: FakeConnection): CutFault | null {
  if (fault === undefined) return null;
  if (fault.kind === 'reset-reused-connection') return connection.isReused ? { kind: 'reset' } : null;
  return fault.kind === 'reset' || fault.kind === 'close' || fault.kind === 'stall' ? fault : null;
}
