import { join } from 'node:path';

import { type DockerConfigFile, credentialOfEntry, readDockerConfigFile } from './docker-config-file.ts';
import {
  askDockerCredentialHelper,
  DEFAULT_HELPER_LIMITS,
  type HelperLimits,
} from './docker-credential-helper.ts';
import { type DockerCredential } from './docker-credential.ts';
import { helperServerUrl, valueForServer } from './docker-server-key.ts';

/** Where credentials of `docker login` are looked for. Plain data, since only `src/config` reads the environment. */
export interface DockerEnvironment {
  /** `$HOME`. */
  readonly home: string | undefined;
  /** `$DOCKER_CONFIG`: a directory, which then replaces `~/.docker`. */
  readonly dockerConfig: string | undefined;
  /** `$REGISTRY_AUTH_FILE`, podman's. */
  readonly registryAuthFile: string | undefined;
  /** `$XDG_RUNTIME_DIR`. */
  readonly xdgRuntimeDir: string | undefined;
  /** The environment that credential helpers run with: `PATH`, and what their clouds need (`AWS_…`, `GOOGLE_…`). */
  readonly helperVariables: Readonly<Record<string, string | undefined>>;
}

/**
 * Returns what `docker login` or `podman login` left for a registry; `registryHost` is `host` or `host:port`.
 *
 * Files are asked in this order, and the first that knows the registry answers: docker's, podman's `$REGISTRY_AUTH_FILE`, podman's runtime
 * file. Within one: its helper for this registry, its helper for all, its own entry, as docker and crane do.
 * Nothing is kept: a helper's token may live for an hour only, so this is asked whenever a token is needed.
 * Throws `DockerCredentialError` where a credential is configured and cannot be had.
 */
export async function lookUpDockerCredential(
  registryHost: string,
  environment: DockerEnvironment,
  limits: HelperLimits = DEFAULT_HELPER_LIMITS,
): Promise<DockerCredential> {
  for (const path of configPaths(environment)) {
    const file = await readDockerConfigFile(path);
    if (file === undefined) continue;
    const credential = await lookUpInFile(file, { registryHost, environment, limits });
    if (credential.kind !== 'none') return credential;
  }
  return { kind: 'none' };
}

interface Lookup {
  readonly registryHost: string;
  readonly environment: DockerEnvironment;
  readonly limits: HelperLimits;
}

async function lookUpInFile(file: DockerConfigFile, lookup: Lookup): Promise<DockerCredential> {
  const { registryHost, environment, limits } = lookup;
  const helpers = [valueForServer(file.credHelpers, registryHost) ?? '', file.credsStore];
  for (const helper of new Set(helpers.filter((name) => name !== ''))) {
    const credential = await askDockerCredentialHelper({
      helper,
      serverUrl: helperServerUrl(registryHost),
      variables: environment.helperVariables,
      limits,
    });
    if (credential.kind !== 'none') return credential;
  }
  const entry = valueForServer(file.auths, registryHost);
  return entry === undefined ? { kind: 'none' } : credentialOfEntry(entry, file.path);
}

function configPaths(environment: DockerEnvironment): readonly string[] {
  const { dockerConfig, home, registryAuthFile, xdgRuntimeDir } = environment;
  const paths: string[] = [];
  if (dockerConfig) paths.push(join(dockerConfig, 'config.json'));
  else if (home) paths.push(join(home, '.docker', 'config.json'));
  if (registryAuthFile) paths.push(registryAuthFile);
  if (xdgRuntimeDir) paths.push(join(xdgRuntimeDir, 'containers', 'auth.json'));
  return paths;
}
