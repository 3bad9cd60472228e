import { randomBytes } from 'node:crypto';

import type { RegistryProvider } from '../../test/registries/registry-provider.ts';

/** Where the primary tells of pushes, once the service listens there; until then it keeps them. */
export interface DemoHook {
  readonly url: string;
  readonly token: string;
}

/** @param port where the service will listen; 0: not known yet, and no registry can be told. */
export function hookAt(port: number, { origin }: RegistryProvider): DemoHook | undefined {
  // The loopback of a container is not this machine's.
  if (port === 0 || origin === 'docker') return undefined;
  return { url: `http://127.0.0.1:${port}/hooks/eu`, token: randomBytes(16).toString('hex') };
}
