import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lockFile, LOCKERS } from './file-lock.ts';

const INSTALLED = LOCKERS.filter(([program]) => spawnSync(program, ['--version']).error === undefined);
const PAIRS = INSTALLED.flatMap((first) =>
  INSTALLED.map((second) => ({ first, second, title: `${first[0]} and then ${second[0]}` })),
);

let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'geo-reconciler-lock-'));
  path = join(directory, 'lock');
});

afterEach(() => rm(directory, { recursive: true }));

describe('a locked file', () => {
  it.each(PAIRS)('is held by one opener at a time, with $title', async ({ first, second }) => {
    const held = await lockFile(path, [first]);
    const refused = await lockFile(path, [second]);
    held?.release();
    const taken = await lockFile(path, [second]);
    taken?.release();

    expect([held, refused, taken]).toEqual([expect.anything(), undefined, expect.anything()]);
  });

  it('is got by one of ten that come at once', async () => {
    const locks = await Promise.all(Array.from({ length: 10 }, () => lockFile(path)));
    const held = locks.filter((lock) => lock !== undefined);
    held.forEach((lock) => lock.release());

    expect(held).toHaveLength(1);
  });

  it('stays held by a child that has inherited it, until that ends', async () => {
    const held = await lockFile(path);
    const child = spawn('/bin/sh', ['-c', 'read -r _'], {
      stdio: ['pipe', 'ignore', 'ignore', held!.descriptor],
    });
    held?.release();
    const refused = await lockFile(path);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const taken = await lockFile(path);
    taken?.release();

    expect([refused, taken]).toEqual([undefined, expect.anything()]);
  });

  it('shows what its owner wrote last, and can be released twice', async () => {
    const held = await lockFile(path);
    held?.write('a long note');
    held?.write('short');
    held?.release();
    held?.release();

    expect(await readFile(path, 'utf8')).toBe('short');
  });

  it.each([
    { title: 'nothing can lock', lockers: [['no-such-program'] as const], code: 'UNSUPPORTED_PLATFORM' },
    {
      title: 'the file system does not',
      lockers: [['/bin/sh', '-c', 'exit 66'] as const],
      code: 'UNAVAILABLE',
    },
  ])('is refused where $title', async ({ lockers, code }) => {
    await expect(lockFile(path, lockers)).rejects.toMatchObject({ name: 'StateError', code });
  });

  it('is not followed to another file', async () => {
    await symlink(join(directory, 'elsewhere'), path);

    await expect(lockFile(path)).rejects.toMatchObject({ code: 'DENIED' });
  });
});
