import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import { pushContent } from '../builders/push-content.ts';
import { ociImage } from '../builders/image-content.ts';
import { tagsOf, between, startPair, type RegistryPair } from './registry-pair.ts';
import { registryForTests } from '../registries/registry-for-tests.ts';
import { largeImage } from './large-image.ts';
import { TerminalWindow, whyNoTerminal } from './terminal-window.ts';
import { WorkDirectory } from './work-directory.ts';

const real = await registryForTests();
const missing = await whyNoTerminal();
const describeReal = real.isAvailable && missing === undefined ? describe : describe.skip;
const title = real.titleOf('what a command shows in a terminal');

const MEBIBYTE = 1024 * 1024;
const ESCAPE = '\u001b';

describeReal(missing === undefined ? title : `${title} (skipped: ${missing})`, () => {
  let pair: RegistryPair;
  let directory: WorkDirectory;
  let window: TerminalWindow | undefined;

  beforeAll(async () => {
    pair = await startPair(real.provider);
    directory = await WorkDirectory.create();
    await pushContent(pair.primary, 'team/large', largeImage('terminal', 4 * MEBIBYTE), { tag: 'v1' });
    await pushContent(pair.primary, 'team/small', ociImage('terminal'), { tag: 'v1' });
    await pushContent(pair.primary, 'team/interrupted', largeImage('interrupted', 64 * MEBIBYTE), {
      tag: 'v1',
    });
  });

  afterEach(async () => {
    await window?.close();
  });

  afterAll(async () => {
    await Promise.all([pair.stop(), directory.remove()]);
  });

  /** A link whose copies take a while. */
  async function slowLink(repository: string): Promise<string[]> {
    const config = await directory.write(
      'geo.yaml',
      `registries:
  eu: { url: "${pair.primary.url}" }
  us: { url: "${pair.secondary.url}", limits: { bytesPerSecond: 2MiB } }
links:
  - { name: eu-to-us, primary: eu, secondaries: [us], repositories: { include: ["${repository}"] } }
database: { directory: ${directory.path}/data }
`,
    );
    return ['--config', config];
  }

  async function open(args: readonly string[], environment = {}): Promise<TerminalWindow> {
    window = await TerminalWindow.run(args, {
      directory: directory.path,
      columns: 120,
      rows: 40,
      environment,
    });
    return window;
  }

  it('is a bar that fills while the copy runs, and then the result', async () => {
    const terminal = await open(['sync', ...(await slowLink('team/[ls]*'))]);
    const running = await terminal.screenWith(/eu-to-us .* \d+(?:\.\d)? MiB/);
    const ended = await terminal.screenWith(/\[exit \d+\]/);

    expect(running).toMatch(/eu-to-us +\[[#.]+\] +[01]\/2 repositories +[01] copied/);
    expect(running).not.toContain('{"time"');
    expect(ended).toMatch(/\[#+\] +2\/2 repositories +2 copied/);
    expect(ended).toMatch(/eu → us +IN SYNC +2 tags in 2 repositories: 2 copied/);
    expect(ended).toContain('[exit 0]');
  });

  it('is in colour, unless NO_COLOR is set', async () => {
    const command = ['plan', ...between(pair.primary, pair.secondary), '--repository', 'team/interrupted'];
    const coloured = await open(command);
    await coloured.screenWith(/\[exit \d+\]/);
    const painted = await coloured.paintedScreen();
    await coloured.close();
    const plain = await open(command, { NO_COLOR: '1' });
    const ended = await plain.screenWith(/\[exit \d+\]/);
    const unpainted = await plain.paintedScreen();

    expect(ended).toContain('would copy');
    expect(painted).toContain(`${ESCAPE}[33m`);
    expect(unpainted).not.toContain(`${ESCAPE}[33m`);
    expect(unpainted).not.toContain(`${ESCAPE}[1m`);
  });

  it('ends on Ctrl-C with 130, says so, and leaves the terminal in order', async () => {
    const terminal = await open(['sync', ...(await slowLink('team/interrupted'))]);
    await terminal.screenWith(/MiB\/s/);
    await terminal.press('C-c');
    const ended = await terminal.screenWith(/\[exit \d+\]/);

    expect(ended).toContain('[exit 130]');
    expect(ended).toContain('Interrupted');
    expect(ended).toMatch(/copy failed +team\/interrupted:v1 .*CANCELLED/);
    expect(await tagsOf(pair.secondary, 'team/interrupted')).toEqual([]);
  });
});
