/**
 * `npm run demo`: two real registries, real image shapes, and the real command line between them. It ends with the registries
 * and the service running until Ctrl-C; `-- --once` ends after the table of `sync`.
 */
import { rmSync } from 'node:fs';

import { NoRealRegistryError } from '../../test/registries/no-real-registry-error.ts';
import type { RegistryProvider } from '../../test/registries/registry-provider.ts';
import { commandLineOf, runCommandLine } from './command-line.ts';
import { hookAt, type DemoHook } from './demo-hook.ts';
import { DEMO_LINK, writeConfiguration } from './demo-configuration.ts';
import { describeWays, findProvider, isFree, startRegistry } from './demo-registries.ts';
import { checkIndependently } from './independent-check.ts';
import { Interruption } from './interruption.ts';
import { Narrator } from './narrator.ts';
import { prepareRegistries, type RegistryPair } from './prepare-registries.ts';

const EXIT_CODE = { done: 0, failed: 1, unusable: 2, interrupted: 130 } as const;

/** Where the service listens, unless somebody else does. */
const SERVICE_PORT = 8080;

const USAGE = `npm run demo             prepares two registries, syncs them, and keeps them up until Ctrl-C
npm run demo -- --once   ends after the table, with the exit code of sync
`;

const narrator = new Narrator();
const interruption = new Interruption();
/** What is undone at the end, the last first. */
const leftovers: (() => Promise<void>)[] = [];

type Stay = 'once' | 'until-interrupted';

async function runDemo(stay: Stay): Promise<number> {
  narrator.chapter('Two real registries');
  const provider = await findProvider(narrator, interruption);
  const port = (await isFree(SERVICE_PORT)) ? SERVICE_PORT : 0;
  const hook = hookAt(port, provider);
  const pair = await startRegistries(provider, hook);
  narrator.chapter('What is in them');
  await prepareRegistries(pair, narrator, interruption);
  narrator.chapter('sync: make the secondary equal to the primary');
  if (provider.flavour === 'distribution2') {
    narrator.say(
      '(this registry deletes by digest only: the tombstone fallback spares the siblings of an orphan)',
    );
  }
  const link = ['--primary', pair.primary.url, '--secondary', pair.secondary.url];
  const exitCode = await run(['sync', ...link, '--delete-orphans', '--delete-fallback', 'tombstone']);
  if (stay === 'once' || interruption.hasCome()) return exitCode;
  narrator.chapter('verify: can everything be pulled from the secondary?');
  const verified = await run(['verify', ...link]);
  if (interruption.hasCome()) return verified;
  narrator.chapter('The same question, asked without any code of geo-reconciler');
  await tellIndependentFinding(pair);
  return await stayUp(pair, link, { port, hook });
}

async function startRegistries(
  provider: RegistryProvider,
  hook: DemoHook | undefined,
): Promise<RegistryPair> {
  interruption.throwIfItCame();
  const pull = provider.origin === 'docker' ? ' (the image is pulled where it is missing)' : '';
  narrator.waiting(`starting ${provider.describe()} twice${pull}`);
  try {
    const primary = await startRegistry(provider, 'primary', hook);
    leftovers.push(() => primary.stop());
    const secondary = await startRegistry(provider, 'secondary');
    leftovers.push(() => secondary.stop());
    narrator.ended();
    narrator.list([
      { name: 'primary', meaning: primary.url },
      { name: 'secondary', meaning: secondary.url },
    ]);
    return { primary, secondary };
  } finally {
    narrator.ended();
  }
}

async function run(args: readonly string[]): Promise<number> {
  narrator.command(commandLineOf(args));
  const exitCode = await runCommandLine(args, interruption);
  narrator.say(`exit code ${exitCode}`);
  return exitCode;
}

async function tellIndependentFinding(pair: RegistryPair): Promise<void> {
  const { tags, different, notPullable, others } = await checkIndependently(pair);
  narrator.list([
    { name: 'same digest on both', meaning: `${tags - different.length} of ${tags} tags` },
    { name: 'pullable', meaning: `${tags - different.length - notPullable.length} of ${tags} tags` },
    { name: 'private/notes', meaning: others },
  ]);
  for (const tag of different) narrator.say(`different: ${tag}`);
  for (const tag of notPullable) narrator.say(`not pullable: ${tag}`);
}

async function stayUp(
  pair: RegistryPair,
  link: readonly string[],
  service: { readonly port: number; readonly hook: DemoHook | undefined },
): Promise<number> {
  const { directory, file } = await writeConfiguration(pair, service);
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  narrator.chapter('Your turn');
  narrator.say('Push to the primary with docker, skopeo, crane or oras. Then, in another terminal:');
  narrator.suggest(commandLineOf(['plan', ...link]));
  narrator.suggest(commandLineOf(['plan', '--config', file]));
  if (service.hook !== undefined)
    narrator.say('The primary tells the service of every push: the secondary has it about a second later.');
  return await serve(file, service.port);
}

/** The service until Ctrl-C, which is its proper end. */
async function serve(file: string, port: number): Promise<number> {
  if (port === 0) narrator.say(`Port ${SERVICE_PORT} is taken: the service says below where it listens.`);
  else suggestRequests(`http://127.0.0.1:${port}`);
  narrator.say('Ctrl-C ends the service and both registries, and removes everything.');
  const exitCode = await run(['serve', '--config', file]);
  return interruption.hasCome() ? EXIT_CODE.done : exitCode;
}

function suggestRequests(service: string): void {
  const link = `${service}/api/v1/links/${DEMO_LINK}`;
  narrator.say('The service compares every minute. It can be watched, and told to begin now:');
  narrator.list([
    { name: `${service}/docs`, meaning: 'the API, in a browser' },
    { name: link, meaning: 'where the link stands' },
    { name: `${service}/metrics`, meaning: 'for Prometheus' },
  ]);
  narrator.suggest(`curl -X POST ${link}/resync -H 'content-type: application/json' -d '{}'`);
}

function explainLack(error: NoRealRegistryError): number {
  process.stderr.write('\nNo real registry can be had here, and the demo takes no other. It needs one of:\n');
  for (const way of describeWays(error.failures)) process.stderr.write(`  ${way}\n`);
  return EXIT_CODE.unusable;
}

async function demo(stay: Stay): Promise<number> {
  try {
    return await runDemo(stay);
  } catch (error) {
    if (interruption.hasCome()) return EXIT_CODE.interrupted;
    if (error instanceof NoRealRegistryError) return explainLack(error);
    process.stderr.write(
      `\nThe demo failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    return EXIT_CODE.failed;
  } finally {
    if (interruption.hasCome() && leftovers.length > 0)
      process.stdout.write('\nRemoving the registries and their content.\n');
    for (const undo of leftovers.reverse()) await undo();
  }
}

// Nobody reads on (`| head`): registries end with this process.
process.stdout.on('error', () => process.exit(EXIT_CODE.interrupted));

const args = process.argv.slice(2);
if (args.length === 0) process.exitCode = await demo('until-interrupted');
else if (args.length === 1 && args[0] === '--once') process.exitCode = await demo('once');
else {
  process.stderr.write(USAGE);
  process.exitCode = args.includes('--help') ? EXIT_CODE.done : EXIT_CODE.unusable;
}
