/** A kind of registry that tests can ask for by name, because its answers differ. */
export type RegistryFlavour = 'distribution2' | 'distribution3' | 'zot' | 'olareg';

/** What a caller wants: one flavour, or whichever real registry comes first. */
export type WantedFlavour = RegistryFlavour | 'any';

/** Where a registry comes from, in the order in which they are tried. */
export type RegistryOrigin = 'docker' | 'path' | 'package' | 'go';

/** Part of a registry's own configuration file, merged over what the harness writes. */
export interface ConfigurationFragment {
  readonly [key: string]: ConfigurationValue;
}

export type ConfigurationValue =
  string | number | boolean | null | readonly ConfigurationValue[] | ConfigurationFragment;

export interface RegistryOptions {
  /** Whether `DELETE …/manifests/…` is allowed; default `enabled`. */
  readonly deletes?: 'enabled' | 'disabled';
  /** `readOnly` is distribution's maintenance mode; default `readWrite`. */
  readonly access?: 'readWrite' | 'readOnly';
  /** Kept at stop when given; otherwise a temporary directory that goes away with the registry. */
  readonly storageDirectory?: string;
  /** Port on loopback; default a free one. */
  readonly port?: number;
  /** Basic authentication for this user name, with one of the passwords of `htpasswd.ts`. */
  readonly auth?: { readonly username: string; readonly password: string };
  /** PEM texts, for example of `createLoopbackCertificate()`; the URL is then https. */
  readonly tls?: { readonly certificate: string; readonly key: string };
  /** Where distribution sends its events, with `Authorization: Bearer <token>`. */
  readonly notifications?: { readonly url: string; readonly token: string };
  /** Merged last and deeply, so that it can change every other setting. */
  readonly extraConfiguration?: ConfigurationFragment;
}

/** A registry that runs. Its `url`, `authorization` and `certificate` are all a client needs. */
export interface RunningRegistry {
  readonly url: string;
  readonly flavour: RegistryFlavour;
  /** Value of an Authorization header that the registry accepts; undefined without `auth`. */
  readonly authorization: string | undefined;
  /** PEM text to trust; undefined without `tls`. */
  readonly certificate: string | undefined;
  readonly storageDirectory: string;
  readonly logFile: string;
  /** Process id of the registry itself; undefined in a container or while it does not run. */
  readonly processId: number | undefined;
  /** Ends the registry and removes what it left on disk. May be called twice. */
  stop(): Promise<void>;
  /** SIGKILL. Storage and port stay, so that `restart` can follow. */
  kill(): Promise<void>;
  /** Stops if needed and starts again on the same port and storage, with changed options where given. */
  restart(changes?: Omit<RegistryOptions, 'port' | 'storageDirectory'>): Promise<void>;
  /** Freezes the registry: connections stay open, nothing answers. */
  suspend(): Promise<void>;
  resume(): Promise<void>;
  /** Runs the registry's own garbage collector on its storage; resolves to its output. */
  collectGarbage(untagged: 'keep' | 'delete'): Promise<string>;
}

export interface RegistryProvider {
  readonly flavour: RegistryFlavour;
  readonly origin: RegistryOrigin;
  readonly version: string;
  /** Text for people, such as "docker-registry 2.8.2 (Debian package)". */
  describe(): string;
  /** Throws where the registry does not come up, with the end of its log in the message. */
  start(options?: RegistryOptions): Promise<RunningRegistry>;
}

/** Takes one line of progress, such as "fetching the package docker-registry". */
export type ProgressReport = (line: string) => void;
