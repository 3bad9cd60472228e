import { createHash } from 'node:crypto';
import { digestOf } from './fake-digest.ts';

/** Bytes that a blob has, or could have: a large one is made while it is read. */
export interface FakeContent {
  readonly sizeBytes: number;
  /** sha256, which distribution stores everything under. */
  readonly digest: string;
  /** The bytes from `start` up to, not including, `end`. */
  read(start: number, end: number): Iterable<Buffer>;
}

/** One write of a socket; larger ones gain nothing on loopback. */
const CHUNK_BYTES = 64 * 1024;

export function bufferContent(bytes: Buffer): FakeContent {
  return {
    sizeBytes: bytes.length,
    digest: digestOf(bytes),
    *read(start, end) {
      for (let at = start; at < end; at += CHUNK_BYTES)
        yield bytes.subarray(at, Math.min(at + CHUNK_BYTES, end));
    },
  };
}

/** Content of any size that takes no memory: each 64 KiB block is a function of `seed` and its place. */
export function generatedContent(sizeBytes: number, seed: number): FakeContent {
  const block = createHash('sha512').update(`block ${seed}`).digest();
  const pattern = Buffer.alloc(CHUNK_BYTES, block);
  const read = function* (start: number, end: number): Iterable<Buffer> {
    let at = start;
    while (at < end) {
      const offset = at % CHUNK_BYTES;
      const chunk = Buffer.from(pattern);
      chunk.writeUInt32BE(Math.floor(at / CHUNK_BYTES), 0);
      const piece = chunk.subarray(offset, Math.min(CHUNK_BYTES, offset + end - at));
      at += piece.length;
      yield piece;
    }
  };
  const hash = createHash('sha256');
  for (const chunk of read(0, sizeBytes)) hash.update(chunk);
  return { sizeBytes, digest: `sha256:${hash.digest('hex')}`, read };
}

/** Content of which only size and digest were kept, as for uploads above the storage's limit. Reading it throws. */
export function forgottenContent(sizeBytes: number, digest: string): FakeContent {
  return {
    sizeBytes,
    digest,
    read() {
      throw new Error(`the bytes of ${digest} were not kept`);
    },
  };
}

/** All bytes of `content` in one buffer. */
export const bytesOf = (content: FakeContent): Buffer =>
  Buffer.concat([...content.read(0, content.sizeBytes)]);
