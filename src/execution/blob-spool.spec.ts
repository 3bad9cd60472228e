import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { BlobSpool } from './blob-spool.ts';

const SMALL = 64 * 1024;

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'spool-'));
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

describe('the spool', () => {
  it.each([
    ['memory', SMALL],
    ['disk', SMALL + 1],
  ])('gives back what was written to %s, and its room once', async (_title, size) => {
    const spool = new BlobSpool({ directory });
    const bytes = Buffer.alloc(size, 'content');
    const file = await spool.reserve(size);
    await file!.write(bytes.subarray(0, 1000), 0);
    await file!.write(bytes.subarray(1000), 1000);
    const read = Buffer.alloc(size);
    const half = await file!.read(read.subarray(0, 500), 0);
    const rest = await file!.read(read.subarray(500), 500);
    const used = spool.usedBytes;
    file!.end();
    file!.end();

    expect([half, rest, used, spool.usedBytes]).toEqual([500, size - 500, size, 0]);
    expect(read.equals(bytes)).toBe(true);
    expect(readdirSync(directory)).toEqual([]);
  });

  it('needs no file for small blobs, until 32 MiB of them wait; then they go to the disk', async () => {
    const spool = new BlobSpool({ directory: '/nonexistent' });
    const inMemory = await Promise.all(Array.from({ length: 512 }, () => spool.reserve(SMALL)));
    const next = await spool.reserve(SMALL);
    inMemory[0]!.end();

    expect(inMemory.every((file) => file !== undefined)).toBe(true);
    expect(next).toBeUndefined();
    expect(await spool.reserve(SMALL)).toBeDefined();
  });

  it('asks for room that nobody reads before it refuses, in memory as on the disk', async () => {
    const spool = new BlobSpool({ directory, limitBytes: 150 });
    const first = await spool.reserve(100);
    expect(await spool.reserve(100)).toBeUndefined();
    spool.register(() => {
      const isThere = spool.usedBytes > 0;
      first!.end();
      return isThere;
    });
    expect(await spool.reserve(100)).toBeDefined();
    expect(await spool.reserve(151)).toBeUndefined();
  });
});
