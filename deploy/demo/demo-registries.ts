import { createServer } from 'node:net';

import { findRegistryProvider } from '../../test/registries/find-registry-provider.ts';
import type { FailedOrigin } from '../../test/registries/no-real-registry-error.ts';
import type {
  RegistryOrigin,
  RegistryProvider,
  RunningRegistry,
} from '../../test/registries/registry-provider.ts';
import type { DemoHook } from './demo-hook.ts';
import type { Interruption } from './interruption.ts';
import type { Narrator } from './narrator.ts';

/** Where the registries listen if nobody else does: addresses that look the same each time are easier to work with. */
export const REGISTRY_PORTS = { primary: 5001, secondary: 5002 } as const;

/** What each way to a registry needs, in the order in which they are tried. */
const WAYS: readonly (readonly [RegistryOrigin, string])[] = [
  ['docker', 'Docker'],
  ['path', 'docker-registry or registry on PATH'],
  ['package', 'apt-get (Debian, Ubuntu), without root'],
  ['go', 'Go'],
];

/**
 * Looks for a registry, and says what it fetches. Ends early at Ctrl-C.
 *
 * @throws {NoRealRegistryError}
 */
export async function findProvider(
  narrator: Narrator,
  interruption: Interruption,
): Promise<RegistryProvider> {
  narrator.waiting('looking for a registry to run');
  try {
    return await findRegistryProvider('any', {
      report: (line) => {
        // The search has no other ear for it: each step that takes long is announced before it begins.
        interruption.throwIfItCame();
        narrator.waiting(withSize(line));
      },
    });
  } finally {
    narrator.ended();
  }
}

/** A registry on its usual port, or on any where that is taken. */
export async function startRegistry(
  provider: RegistryProvider,
  side: keyof typeof REGISTRY_PORTS,
  hook?: DemoHook,
): Promise<RunningRegistry> {
  const port = REGISTRY_PORTS[side];
  const notifications = hook === undefined ? {} : { notifications: hook };
  return await provider.start((await isFree(port)) ? { port, ...notifications } : notifications);
}

/** The four ways to a registry, each with the reason why it is closed here. */
export function describeWays(failures: readonly FailedOrigin[]): readonly string[] {
  const width = Math.max(...WAYS.map(([, title]) => title.length));
  return WAYS.map(([origin, title]) => {
    const reason = failures.find((failure) => failure.origin === origin)?.reason ?? 'not tried';
    return `${title.padEnd(width)}  ${reason}`;
  });
}

/** Whether a port of loopback can be listened on now. */
export async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const isListening = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => resolve(true));
  });
  if (isListening) await new Promise((resolve) => server.close(resolve));
  return isListening;
}

function withSize(line: string): string {
  if (line.includes('package docker-registry'))
    return 'first run: fetching the Debian package docker-registry (5 MB)';
  if (line.includes('package lists'))
    return 'fetching package lists for it, into a private directory (15 MB)';
  return line;
}
