import type { ConfigurationFragment, ConfigurationValue, RegistryOptions } from './registry-provider.ts';
import { htpasswdLine } from './htpasswd.ts';

/** Where the registry finds things, seen from inside its process or container. */
export interface RegistryPlaces {
  readonly host: string;
  readonly port: number;
  readonly storageDirectory: string;
  /** Directory of the files below. */
  readonly configurationDirectory: string;
  /** Comes back as the header `X-Test-Registry`, which proves that the answer is this registry's. */
  readonly nonce: string;
}

/** File names and contents of one directory; `configuration` names the one that the program is started with. */
export interface RegistryFiles {
  readonly configuration: string;
  readonly contents: ReadonlyMap<string, string>;
}

/** An option that this flavour has no setting for. */
export class UnsupportedOptionError extends Error {
  override readonly name = 'UnsupportedOptionError';
}

export const NONCE_HEADER = 'X-Test-Registry';

/** An environment without REGISTRY_…, from which distribution reads every setting, and without a trace collector. */
export function registryEnvironment(): Record<string, string | undefined> {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('REGISTRY_'));
  // Version 3 sends its traces to localhost:4318 unless it is told not to.
  return { ...Object.fromEntries(inherited), OTEL_TRACES_EXPORTER: 'none' };
}

/** Distribution's configuration. It is JSON, which YAML contains, so that no YAML library is needed. */
export function distributionFiles(options: RegistryOptions, places: RegistryPlaces): RegistryFiles {
  const { host, port, storageDirectory, configurationDirectory, nonce } = places;
  const configuration: ConfigurationFragment = {
    version: '0.1',
    log: { level: 'error', accesslog: { disabled: true } },
    storage: {
      filesystem: { rootdirectory: storageDirectory },
      // As in the configuration of the image and of the package.
      cache: { blobdescriptor: 'inmemory' },
      delete: { enabled: options.deletes !== 'disabled' },
      maintenance: {
        uploadpurging: { enabled: false },
        readonly: { enabled: options.access === 'readOnly' },
      },
    },
    http: {
      addr: `${host}:${port}`,
      // Without one each start makes its own, and upload sessions die with a restart.
      secret: nonce,
      headers: { 'X-Content-Type-Options': ['nosniff'], [NONCE_HEADER]: [nonce] },
      ...(options.tls === undefined
        ? {}
        : {
            tls: {
              certificate: `${configurationDirectory}/tls.crt`,
              key: `${configurationDirectory}/tls.key`,
            },
          }),
    },
    ...(options.auth === undefined
      ? {}
      : { auth: { htpasswd: { realm: 'test', path: `${configurationDirectory}/htpasswd` } } }),
    ...(options.notifications === undefined ? {} : { notifications: eventEndpoint(options.notifications) }),
  };
  return filesOf('config.yml', merged(configuration, options.extraConfiguration ?? {}), options);
}

/** zot's configuration (JSON). Throws `UnsupportedOptionError` for what zot 2.1 has no plain setting for. */
export function zotFiles(options: RegistryOptions, places: RegistryPlaces): RegistryFiles {
  const unsupported = [
    ...(options.deletes === 'disabled' ? ['deletes: disabled'] : []),
    ...(options.access === 'readOnly' ? ['access: readOnly'] : []),
    ...(options.notifications === undefined ? [] : ['notifications']),
  ];
  if (unsupported.length > 0) throw new UnsupportedOptionError(`zot has no ${unsupported.join(', ')}`);
  const { host, port, storageDirectory, configurationDirectory } = places;
  const configuration: ConfigurationFragment = {
    distSpecVersion: '1.1.1',
    storage: { rootDirectory: storageDirectory, gc: false },
    http: {
      address: host,
      port: String(port),
      compat: ['docker2s2'],
      ...(options.tls === undefined
        ? {}
        : { tls: { cert: `${configurationDirectory}/tls.crt`, key: `${configurationDirectory}/tls.key` } }),
      ...(options.auth === undefined
        ? {}
        : { realm: 'test', auth: { htpasswd: { path: `${configurationDirectory}/htpasswd` } } }),
    },
    log: { level: 'error' },
  };
  return filesOf('config.json', merged(configuration, options.extraConfiguration ?? {}), options);
}

/** olareg has flags and no file. Throws `UnsupportedOptionError` for what they do not say. */
export function olaregArguments(
  options: RegistryOptions,
  { port, storageDirectory }: Pick<RegistryPlaces, 'port' | 'storageDirectory'>,
): string[] {
  const { tls, auth, notifications } = options;
  const unsupported = Object.entries({ tls, auth, notifications }).flatMap(([name, value]) =>
    value === undefined ? [] : [name],
  );
  if (unsupported.length > 0) throw new UnsupportedOptionError(`olareg has no ${unsupported.join(', ')}`);
  return [
    'serve',
    ...['--addr', '127.0.0.1', '--port', String(port), '--dir', storageDirectory, '--gc-frequency', '-1s'],
    ...(options.deletes === 'disabled' ? [] : ['--api-delete']),
    ...(options.access === 'readOnly' ? ['--store-ro'] : []),
  ];
}

function filesOf(
  name: string,
  configuration: ConfigurationFragment,
  options: RegistryOptions,
): RegistryFiles {
  const contents = new Map([[name, JSON.stringify(configuration, undefined, 2)]]);
  if (options.auth !== undefined) {
    contents.set('htpasswd', htpasswdLine(options.auth.username, options.auth.password));
  }
  if (options.tls !== undefined) {
    contents.set('tls.crt', options.tls.certificate);
    contents.set('tls.key', options.tls.key);
  }
  return { configuration: name, contents };
}

function eventEndpoint(listener: { readonly url: string; readonly token: string }): ConfigurationFragment {
  const endpoint = {
    name: 'test',
    url: listener.url,
    headers: { Authorization: [`Bearer ${listener.token}`] },
    // Short, so that a test that lets the first delivery fail sees the next one at once.
    timeout: '2s',
    threshold: 3,
    backoff: '200ms',
  };
  return { endpoints: [endpoint] };
}

function merged(base: ConfigurationFragment, over: ConfigurationFragment): ConfigurationFragment {
  const result = new Map<string, ConfigurationValue>(Object.entries(base));
  for (const [key, value] of Object.entries(over)) {
    const below = result.get(key);
    result.set(key, isFragment(below) && isFragment(value) ? merged(below, value) : value);
  }
  return Object.fromEntries(result);
}

function isFragment(value: ConfigurationValue | undefined): value is ConfigurationFragment {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
