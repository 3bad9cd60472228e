import type { ReplicationPolicy } from '../policy/replication-policy.ts';
import type { DockerEnvironment } from './docker-environment.ts';
import type { Secret } from './secret.ts';

/** How to prove who we are to a registry. */
export type RegistryCredentials =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'basic'; readonly username: string; readonly password: Secret }
  /** What `docker login` left, and credential helpers; asked anew whenever a token is needed. */
  | { readonly kind: 'docker'; readonly environment: DockerEnvironment };

/** Certificates in PEM form, as they were read from their files. */
export interface TlsConfiguration {
  /** Certification authorities to trust besides none other; absent: those of Node. */
  readonly caPem?: string;
  readonly certificatePem?: string;
  readonly keyPem?: Secret;
  /** Where the above were read from, for printing. */
  readonly files: { readonly ca?: string; readonly cert?: string; readonly key?: string };
}

export interface RegistryLimits {
  /** Requests under way at once. */
  readonly concurrency: number;
  readonly requestsPerSecond?: number;
  readonly bytesPerSecond?: number;
}

export interface RegistryConfiguration {
  readonly name: string;
  /** Scheme, host and port in normal form, without a slash at the end; what `url` is the parsed form of. */
  readonly origin: string;
  readonly url: URL;
  readonly credentials: RegistryCredentials;
  readonly tls: TlsConfiguration;
  /** Whether credentials may go to this registry in clear over a network. */
  readonly allowPlainHttp: boolean;
  readonly limits: RegistryLimits;
}

export type VerificationDepth = 'tag' | 'graph' | 'content';

export type VerificationConfiguration =
  | { readonly kind: 'off' }
  | { readonly kind: 'scheduled'; readonly depth: VerificationDepth; readonly schedule: string };

/** Another link that writes to one of the same secondaries, and perhaps to the same repositories: only what its primary lists can tell. */
export interface LinkNeighbour {
  readonly name: string;
  readonly primary: RegistryConfiguration;
  readonly policy: ReplicationPolicy;
}

export interface LinkConfiguration {
  readonly name: string;
  readonly primary: RegistryConfiguration;
  readonly secondaries: readonly RegistryConfiguration[];
  readonly policy: ReplicationPolicy;
  /** A cron expression, in UTC. */
  readonly schedule: string;
  readonly verification: VerificationConfiguration;
  readonly objectiveLagSeconds: number;
  readonly neighbours: readonly LinkNeighbour[];
}

export type DatabaseConfiguration =
  /** `directory` is absolute. */
  | { readonly kind: 'embedded'; readonly directory: string }
  | { readonly kind: 'postgres'; readonly url: Secret }
  | { readonly kind: 'memory' };

type Role = 'viewer' | 'operator' | 'approver';

export interface ApiToken {
  readonly name: string;
  readonly role: Role;
  readonly token: Secret;
}

export interface ServerConfiguration {
  readonly host: string;
  readonly port: number;
  readonly tokens: readonly ApiToken[];
}

export interface IncomingHook {
  readonly path: string;
  readonly kind: 'distribution';
  /** The registry whose notifications arrive here. */
  readonly registry: RegistryConfiguration;
  readonly secret: Secret;
}

/** `lag`: over the objective of the link. `recovered`: any of the others is over. */
export type OutgoingEvent = 'failed' | 'recovered' | 'held' | 'lag';

export interface OutgoingHook {
  readonly name: string;
  /** Secret as a whole: the addresses of chat services carry their token in the path. */
  readonly url: Secret;
  /** The key of the signature; absent: messages are not signed. */
  readonly secret?: Secret;
  readonly events: readonly OutgoingEvent[];
  /** Whether the receiver may be in a private network or on this machine; never at an address of a metadata service. */
  readonly allowPrivateAddresses: boolean;
}

export interface NotificationsConfiguration {
  readonly incoming: readonly IncomingHook[];
  readonly outgoing: readonly OutgoingHook[];
}

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

/** Everything that was configured, complete and checked: whoever holds one need not check again. */
export interface Configuration {
  readonly registries: ReadonlyMap<string, RegistryConfiguration>;
  readonly links: readonly LinkConfiguration[];
  readonly database: DatabaseConfiguration;
  readonly server: ServerConfiguration;
  readonly notifications: NotificationsConfiguration;
  readonly log: { readonly level: LogLevel };
}
