import { existsSync } from 'node:fs';
import { join } from 'node:path';

import type * as testcontainers from 'testcontainers';

import { homeDirectory } from './cache-directory.ts';
import { OriginUnavailableError } from './no-real-registry-error.ts';

/** The library, loaded late: it costs half a second and does not load at all under Node 20. */
export type ContainerLibrary = typeof testcontainers;

/**
 * The container library with an engine that answers on this machine. Throws `OriginUnavailableError` where there is
 * no engine, or where it runs on another machine: tests reach into the storage directory, which only a local one shares.
 */
export async function findContainerEngine(): Promise<ContainerLibrary> {
  if (!mayHaveEngine()) throw new OriginUnavailableError('no container engine (no socket, no DOCKER_HOST)');
  const library = await loadLibrary();
  let host: string;
  try {
    const client = await library.getContainerRuntimeClient();
    host = client.info.containerRuntime.host;
  } catch (error) {
    throw new OriginUnavailableError(`no container engine answers (${messageOf(error)})`);
  }
  if (host !== 'localhost' && host !== '127.0.0.1') {
    throw new OriginUnavailableError(`the container engine runs on another machine (${host})`);
  }
  return library;
}

async function loadLibrary(): Promise<ContainerLibrary> {
  try {
    return await import('testcontainers');
  } catch (error) {
    throw new OriginUnavailableError(`testcontainers does not load (${messageOf(error)})`);
  }
}

/** A look at the places where the library looks, so that a machine without an engine does not load it in every spec. */
function mayHaveEngine(): boolean {
  const configured = Object.keys(process.env).some(
    (name) => name === 'DOCKER_HOST' || name.startsWith('TESTCONTAINERS_'),
  );
  if (configured || process.platform === 'win32') return true;
  const home = homeDirectory();
  const runtimeDirectory = process.env.XDG_RUNTIME_DIR ?? `/run/user/${process.getuid?.() ?? 0}`;
  const places = [
    '/var/run/docker.sock',
    join(runtimeDirectory, 'docker.sock'),
    ...(home === undefined
      ? []
      : ['.docker/run/docker.sock', '.docker/desktop/docker.sock', '.testcontainers.properties'].map(
          (place) => join(home, place),
        )),
  ];
  return places.some((place) => existsSync(place));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
