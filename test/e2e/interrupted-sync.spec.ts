import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { ociImage } from '../builders/image-content.ts';
import { findPullProblems } from '../builders/pull-witness.ts';
import { pushContent } from '../builders/push-content.ts';
import { hasBlob, readTagMap } from '../builders/registry-witness.ts';
import { registryForTests } from '../registries/registry-for-tests.ts';
import { runForReport, startCommandLine, type CommandResult, type RunningCommand } from './command-line.ts';
import { DistributionStorage } from './distribution-storage.ts';
import { largeImage } from './large-image.ts';
import { RecordingProxy } from './recording-proxy.ts';
import { between, startPair, tagsOf, type RegistryPair } from './registry-pair.ts';
import { linkOf, parseReport, stepsOf, summaryOf } from './report-document.ts';
import { WorkDirectory } from './work-directory.ts';

const real = await registryForTests();
const describeReal = real.isAvailable ? describe : describe.skip;

const MEBIBYTE = 1024 * 1024;

describeReal(real.titleOf('a sync that is interrupted, or whose registry goes away'), () => {
  let pair: RegistryPair;
  let directory: WorkDirectory;

  beforeAll(async () => {
    pair = await startPair(real.provider);
    directory = await WorkDirectory.create();
  });

  afterAll(async () => {
    await Promise.all([pair.stop(), directory.remove()]);
  });

  /** A link that is slow enough to be caught in the middle. */
  async function configure(repository: string, bytesPerSecond: string): Promise<string> {
    return await directory.write(
      'geo.yaml',
      `registries:
  eu: { url: "${pair.primary.url}" }
  us: { url: "${pair.secondary.url}", limits: { bytesPerSecond: ${bytesPerSecond} } }
links:
  - { name: eu-to-us, primary: eu, secondaries: [us], repositories: { include: ["${repository}"] } }
database: { directory: ${directory.path}/data }
`,
    );
  }

  /** Resolves when the secondary has an upload open; rejects when the command ends before. */
  async function untilUploading(repository: string, command: RunningCommand): Promise<void> {
    const storage = new DistributionStorage(pair.secondary);
    let state = 'running';
    void command.ended.then(() => (state = 'ended'));
    while ((await storage.countUploads(repository)) === 0) {
      if (state === 'ended') throw new Error('it ended before it was seen to upload');
      await sleep(5);
    }
  }

  /** Sends the signal and waits; fails where the command takes more than the five seconds that the contract allows. */
  async function endBy(signal: 'SIGINT' | 'SIGTERM', command: RunningCommand): Promise<CommandResult> {
    const late = AbortSignal.timeout(5_000);
    command.signal(signal);
    const tooLate = new Promise<never>((_resolve, reject) => {
      late.addEventListener('abort', () => reject(new Error(`still running 5 s after ${signal}`)));
    });
    return await Promise.race([command.ended, tooLate]);
  }

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'ends within 5 s of %s in the middle of a large blob, shows nothing half, and is finished by the next run',
    async (signal) => {
      const repository = `blob/${signal.toLowerCase()}`;
      const [image, small] = [largeImage(repository, 48 * MEBIBYTE), ociImage(repository)];
      await pushContent(pair.primary, repository, image, { tag: 'large' });
      await pushContent(pair.primary, repository, small, { tag: 'small' });
      const config = await configure(repository, '4MiB');
      const command = startCommandLine(['sync', '--config', config, '--output', 'json']);
      await command.lineWith('"tag":"small","outcome":"done"');
      const interrupted = await endBy(signal, command);
      const report = parseReport(interrupted);
      const halfway = await readTagMap(pair.secondary, repository);
      const blobIsThere = await hasBlob(pair.secondary, repository, image.blobs[0]!.digest);
      const next = await runForReport([
        ...['sync', ...between(pair.primary, pair.secondary), '--repository', repository],
      ]);

      expect(interrupted.exitCode).toBe(130);
      expect(interrupted.stderr).toContain('Interrupted');
      expect(summaryOf(stepsOf(report, repository))).toEqual([
        'large: copy-tag failed CANCELLED',
        'small: copy-tag done',
      ]);
      expect(halfway).toEqual(new Map([['small', small.root.digest]]));
      expect(blobIsThere).toBe(false);
      expect(next.exitCode).toBe(0);
      expect(linkOf(next.report).totals).toMatchObject({ copied: 1, inSync: 1 });
      expect(await findPullProblems(pair.secondary, repository, 'large', 'content')).toEqual([]);
    },
  );

  it('ends within 5 s of SIGINT although a registry has stopped answering', async () => {
    const repository = 'frozen/app';
    await pushContent(pair.primary, repository, ociImage(repository), { tag: 'v1' });
    await pair.primary.suspend();
    const command = startCommandLine([
      ...['sync', ...between(pair.primary, pair.secondary), '--repository', repository],
    ]);
    await command.lineWith('cycle-started');
    const ended = await endBy('SIGINT', command).finally(() => pair.primary.resume());

    expect(ended.exitCode).toBe(130);
    expect(await tagsOf(pair.secondary, repository)).toEqual([]);
  });

  it('gets through although the secondary is killed in the middle of a blob and comes back', async () => {
    const repository = 'restarted/app';
    await pushContent(pair.primary, repository, largeImage(repository, 16 * MEBIBYTE), { tag: 'v1' });
    const config = await configure(repository, '8MiB');
    const command = startCommandLine(['sync', '--config', config, '--output', 'json']);
    await untilUploading(repository, command);
    await pair.secondary.kill();
    await pair.secondary.restart();
    const result = await command.ended;

    expect(result.exitCode).toBe(0);
    expect(linkOf(parseReport(result)).totals).toMatchObject({ copied: 1, failed: 0 });
    expect(await readTagMap(pair.secondary, repository)).toEqual(await readTagMap(pair.primary, repository));
    expect(await findPullProblems(pair.secondary, repository, 'v1', 'content')).toEqual([]);
  });

  // Each of them held a place, and waited for one more to end its upload: the process ended without a word, with exit 13.
  it('gets through although as many uploads as it may have at once break at the same time', async () => {
    const repositories = ['broken/a', 'broken/b'];
    for (const repository of repositories) {
      for (const tag of ['v1', 'v2', 'v3', 'v4', 'v5', 'v6', 'v7', 'v8', 'v9', 'v10']) {
        await pushContent(pair.primary, repository, largeImage(`${repository}/${tag}`, 1000), { tag });
      }
    }
    const breaking = await RecordingProxy.start(pair.secondary, {
      on: /^PUT .*\/blobs\/uploads\//,
      times: 16,
      together: 16,
      answer: 'cut off',
    });
    const { exitCode, report } = await runForReport([
      ...['sync', ...between(pair.primary, breaking), '--repository', 'broken/*'],
    ]);
    await breaking.stop();

    expect(exitCode).toBe(0);
    expect(linkOf(report).totals).toMatchObject({ copied: 20, failed: 0 });
    for (const repository of repositories) {
      expect(await readTagMap(pair.secondary, repository)).toEqual(
        await readTagMap(pair.primary, repository),
      );
    }
  });

  it('gets through although the primary is killed and comes back in the middle', async () => {
    const repository = 'returned/app';
    const tags = Array.from({ length: 24 }, (_, number) => `v${number}`);
    for (const tag of tags)
      await pushContent(pair.primary, repository, ociImage(`${repository}/${tag}`), { tag });
    const command = startCommandLine([
      ...['sync', ...between(pair.primary, pair.secondary), '--repository', repository, '--output', 'json'],
    ]);
    await command.lineWith('"event":"step"');
    await pair.primary.kill();
    await pair.primary.restart();
    const result = await command.ended;

    expect(result.exitCode).toBe(0);
    expect(await readTagMap(pair.secondary, repository)).toEqual(await readTagMap(pair.primary, repository));
  });
});
