import { mkdir, readdir, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { ociIndex } from '../builders/index-content.ts';
import { findPullProblems } from '../builders/pull-witness.ts';
import { pushContent } from '../builders/push-content.ts';
import { readTagMap } from '../builders/registry-witness.ts';
import { registryForTests } from '../registries/registry-for-tests.ts';
import type { RunningRegistry } from '../registries/registry-provider.ts';
import { runForReport, startCommandLine } from './command-line.ts';
import { largeImage } from './large-image.ts';
import { RecordingProxy, type RecordedRequest } from './recording-proxy.ts';
import { between, noCache } from './registry-pair.ts';
import { WorkDirectory } from './work-directory.ts';

const real = await registryForTests();
const describeReal = real.isAvailable ? describe : describe.skip;

const MEBIBYTE = 1024 * 1024;
const REPOSITORIES = ['fan/one', 'fan/two', 'fan/three'];

describeReal(real.titleOf('a primary with several secondaries'), () => {
  let primary: RunningRegistry;
  let secondaries: readonly RunningRegistry[];
  let directory: WorkDirectory;

  beforeAll(async () => {
    const start = (): Promise<RunningRegistry> => real.provider.start({ extraConfiguration: noCache });
    [primary, ...secondaries] = await Promise.all([start(), start(), start(), start()]);
    directory = await WorkDirectory.create();
    for (const repository of REPOSITORIES) {
      await pushContent(primary, repository, ociIndex('shared'), { tag: 'shared' });
      await pushContent(primary, repository, ociIndex(repository), { tag: 'multi' });
      await pushContent(primary, repository, largeImage(repository, 4 * MEBIBYTE), { tag: 'large' });
    }
  }, 60_000);

  afterAll(async () => {
    await Promise.all([primary, ...secondaries].map((registry) => registry.stop()));
    await directory.remove();
  });

  it('is asked as often, and sends as many bytes, for two as for one: when they are empty and when they are equal', async () => {
    const [alone, ...pair] = secondaries as [RunningRegistry, ...RunningRegistry[]];
    const proxy = await RecordingProxy.start(primary);
    const sync = async (targets: readonly RunningRegistry[]): Promise<Reading> => {
      const { exitCode, report } = await runForReport([
        ...['sync', ...between(proxy, ...targets), '--repository', 'fan/*'],
      ]);
      expect(exitCode).toBe(0);
      const counted = report.links.reduce((sum, { totals }) => sum + totals.requestsPrimary, 0);
      return readingOf(proxy.takeRequests(), counted);
    };

    const first = { one: await sync([alone]), two: await sync(pair) };
    const second = { one: await sync([alone]), two: await sync(pair) };
    await proxy.stop();

    expect(first.two).toEqual(first.one);
    expect(first.one.bytes).toBeGreaterThan(REPOSITORIES.length * 4 * MEBIBYTE);
    expect(second.two).toEqual(second.one);
    for (const secondary of pair) {
      for (const repository of REPOSITORIES) {
        expect(await readTagMap(secondary, repository)).toEqual(await readTagMap(primary, repository));
        expect(await findPullProblems(secondary, repository, 'large', 'content')).toEqual([]);
      }
    }
  }, 60_000);

  it('leaves nothing in TMPDIR when the process is killed in the middle of a copy', async () => {
    const temporary = join(directory.path, 'tmp');
    await mkdir(temporary);
    const repository = 'killed/app';
    await pushContent(primary, repository, largeImage(repository, 64 * MEBIBYTE), { tag: 'v1' });
    const [first, second] = secondaries as [RunningRegistry, RunningRegistry];
    const flags = [...between(primary, first, second), '--repository', repository];
    const command = startCommandLine(['sync', ...flags], { environment: { TMPDIR: temporary } });
    while ((await spooledBytesOf(command.processId, temporary)) < MEBIBYTE) await sleep(2);
    // What stands still cannot end before it is looked at.
    await Promise.all([first.suspend(), second.suspend()]);

    const spooled = await spooledBytesOf(command.processId, temporary);
    const named = await readdir(temporary);
    command.signal('SIGKILL');
    const killed = await command.ended;
    const left = await readdir(temporary);
    await Promise.all([first.resume(), second.resume()]);
    const next = await runForReport(['sync', ...flags]);

    expect(spooled).toBeGreaterThan(MEBIBYTE);
    expect([named, left]).toEqual([[], []]);
    expect(killed.exitCode).toBeNull();
    expect(next.exitCode).toBe(0);
    expect(await findPullProblems(second, repository, 'v1', 'content')).toEqual([]);
  }, 60_000);
});

interface Reading {
  /** As the report has it. */
  readonly counted: number;
  /** What was asked for, sorted. */
  readonly requests: readonly string[];
  readonly bytes: number;
}

/**
 * Without the questions for referrers: how many of them are under way when the first answer says that the registry has no such API is
 * chance, with one secondary as well. A shared blob is read from any of its repositories.
 */
function readingOf(requests: readonly RecordedRequest[], counted: number): Reading {
  const [chance, others] = [
    requests.filter(({ path }) => path.includes('/referrers/')),
    requests.filter(({ path }) => !path.includes('/referrers/')),
  ];
  return {
    counted: counted - chance.length,
    requests: others.map(({ method, path }) => `${method} ${path.replace(/^.*(?=\/blobs\/)/, '')}`).sort(),
    bytes: others.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

/** Bytes in files below the directory that the process has open and that have no name any more. */
async function spooledBytesOf(processId: number, directory: string): Promise<number> {
  const descriptors = `/proc/${processId}/fd`;
  const names = await readdir(descriptors);
  const sizes = await Promise.all(
    names.map(async (name) => {
      const path = join(descriptors, name);
      const file = await readlink(path).catch(() => '');
      if (!file.startsWith(directory) || !file.endsWith(' (deleted)')) return 0;
      return await stat(path).then(
        ({ size }) => size,
        () => 0,
      );
    }),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
