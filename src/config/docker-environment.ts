import { homedir } from 'node:os';

import type { Environment } from './environment.ts';

/** Where credentials of `docker login` are looked for, as data: whoever reads them never looks at the environment. */
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
  readonly helperVariables: Environment;
}

/** The Docker environment of a process; a variable that is unset or empty is `undefined`. */
export function dockerEnvironmentOf(environment: Environment): DockerEnvironment {
  return new ProcessDockerEnvironment(environment);
}

/** Keeps the variables, which may hold passwords, in a private field: no print of a configuration reaches them. */
class ProcessDockerEnvironment implements DockerEnvironment {
  readonly home: string | undefined;
  readonly dockerConfig: string | undefined;
  readonly registryAuthFile: string | undefined;
  readonly xdgRuntimeDir: string | undefined;
  readonly #helperVariables: Environment;

  constructor(environment: Environment) {
    this.home = presentOf(environment.HOME) ?? homedir();
    this.dockerConfig = presentOf(environment.DOCKER_CONFIG);
    this.registryAuthFile = presentOf(environment.REGISTRY_AUTH_FILE);
    this.xdgRuntimeDir = presentOf(environment.XDG_RUNTIME_DIR);
    this.#helperVariables = environment;
  }

  get helperVariables(): Environment {
    return this.#helperVariables;
  }
}

function presentOf(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}
