/** The key under which `docker login` keeps Docker Hub's credential, in files and in helpers. */
const DOCKER_HUB_KEY = 'https://index.docker.io/v1/';

const DOCKER_HUB_HOST = 'index.docker.io';

/** Names of Docker Hub: its short name, the key's host, and the host that serves the API. */
const DOCKER_HUB_HOSTS: ReadonlySet<string> = new Set(['docker.io', DOCKER_HUB_HOST, 'registry-1.docker.io']);

/** The API root, its versions, or nothing behind the host. Any other path is a podman namespace and not the whole registry. */
const KEY = /^(?:https?:\/\/)?([^/]+)(?:\/(?:v[12]\/?)?)?$/i;

/** Returns the server URL that credential helpers know this registry by; `registryHost` is `host` or `host:port`. */
export function helperServerUrl(registryHost: string): string {
  return canonicalServer(registryHost) === DOCKER_HUB_HOST ? DOCKER_HUB_KEY : registryHost;
}

/**
 * Returns one spelling of the registry that a key of `auths` or `credHelpers` stands for, or undefined where the key covers only a part of it.
 * `Host`, `https://host/v1/` and `host:443` are the same registry; so are the names of Docker Hub.
 */
export function canonicalServer(key: string): string | undefined {
  const host = KEY.exec(key.trim())?.[1]?.toLowerCase().replace(/:443$/, '');
  return host !== undefined && DOCKER_HUB_HOSTS.has(host) ? DOCKER_HUB_HOST : host;
}

/** Returns the value for a registry: under its very name, else under the first key that is another spelling of it. */
export function valueForServer<Value>(
  entries: Readonly<Record<string, Value>>,
  registryHost: string,
): Value | undefined {
  const server = canonicalServer(registryHost);
  if (server === undefined) return undefined;
  const matching = Object.entries(entries).filter(([key]) => canonicalServer(key) === server);
  const exact = matching.find(([key]) => key === registryHost || key === DOCKER_HUB_KEY);
  return (exact ?? matching[0])?.[1];
}
