import { chmod, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { DemoHook } from './demo-hook.ts';
import type { RegistryPair } from './prepare-registries.ts';

/** What the only link is called. */
export const DEMO_LINK = 'eu-to-us';

/** The demo's own directory, and the configuration file in it. */
export interface DemoConfiguration {
  readonly directory: string;
  readonly file: string;
}

/** Makes a temporary directory with a configuration for the two registries. */
export async function writeConfiguration(
  pair: RegistryPair,
  service: { readonly port: number; readonly hook: DemoHook | undefined },
): Promise<DemoConfiguration> {
  const directory = await mkdtemp(join(tmpdir(), 'geo-reconciler-demo-'));
  // PostgreSQL does not run as root: another account has to pass.
  await chmod(directory, 0o755);
  const file = join(directory, 'geo-reconciler.yaml');
  const { port, hook } = service;
  await writeFile(file, textOf(pair, directory, port) + (hook === undefined ? '' : HOOK));
  if (hook !== undefined) await writeFile(join(directory, HOOK_SECRET), hook.token, { mode: 0o600 });
  return { directory, file };
}

const HOOK_SECRET = 'hook-secret';

/** Files are looked for beside the configuration. */
const HOOK = `notifications:
  incoming: [{ path: /hooks/eu, kind: distribution, registry: eu, secret: { file: ${HOOK_SECRET} } }]
`;

function textOf({ primary, secondary }: RegistryPair, directory: string, port: number): string {
  // A JSON text is a YAML text, whatever the path holds.
  return `registries:
  eu: { url: ${primary.url} }
  us: { url: ${secondary.url} }
links:
  - name: ${DEMO_LINK}
    primary: eu
    secondaries: [us]
    deletions: { orphans: delete, fallback: tombstone }
    schedule: "* * * * *"
database: { directory: ${JSON.stringify(join(directory, 'data'))} }
server: { port: ${port} }
`;
}
