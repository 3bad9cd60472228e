import { Transform, type TransformCallback } from 'node:stream';
import { algorithmOf, Digester, type Digest } from '../oci/digest.ts';
import { CopyError } from './copy-failure.ts';

export interface ExpectedContent {
  readonly digest: Digest;
  readonly sizeBytes: number;
}

/**
 * A stream that lets content through only while it can still be what was asked for. The last piece is held back until the hash
 * is known, so that a corrupt blob is never complete on the other side.
 */
export function verifiedStream(expected: ExpectedContent, onBytes: (bytes: number) => void): Transform {
  const digester = new Digester(algorithmOf(expected.digest));
  let sizeBytes = 0;
  let held: Buffer | undefined;
  return new Transform({
    transform(piece: Buffer, _encoding, done: TransformCallback) {
      sizeBytes += piece.length;
      if (sizeBytes > expected.sizeBytes) {
        done(corrupt(expected, `more than the ${expected.sizeBytes} bytes announced`));
        return;
      }
      digester.update(piece);
      onBytes(piece.length);
      if (held !== undefined) this.push(held);
      held = piece;
      done();
    },
    flush(done: TransformCallback) {
      if (sizeBytes !== expected.sizeBytes) {
        done(corrupt(expected, `${sizeBytes} bytes instead of the ${expected.sizeBytes} announced`));
        return;
      }
      const digest = digester.digest();
      done(digest === expected.digest ? null : corrupt(expected, `bytes of the digest ${digest}`), held);
    },
  });
}

function corrupt(expected: ExpectedContent, found: string): CopyError {
  return new CopyError('SOURCE_CORRUPT', `the primary sent ${found} for blob ${expected.digest}`);
}
