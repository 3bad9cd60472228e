import { z } from 'zod';

const ProtectedHeader = z.object({ formatLength: z.int().nonnegative(), formatTail: z.string() });
const Signature = z.object({ protected: z.string() });
const Signed = z.object({ signatures: z.tuple([Signature], Signature) });

/**
 * The bytes that the digest of a Docker schema 1 manifest is taken over: the document without its signatures.
 * A body without signatures is its own payload.
 *
 * @see https://github.com/distribution/distribution/blob/v2.8.3/docs/spec/manifest-v2-1.md
 */
export function schema1Payload(raw: Uint8Array, parsed: unknown): Uint8Array {
  const signed = Signed.safeParse(parsed);
  if (!signed.success) return raw;
  const encoded = signed.data.signatures[0].protected;
  const header = ProtectedHeader.safeParse(parseJson(Buffer.from(encoded, 'base64url').toString('utf8')));
  if (!header.success) return raw;
  const tail = Buffer.from(header.data.formatTail, 'base64url');
  return Buffer.concat([raw.subarray(0, header.data.formatLength), tail]);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // an unreadable header: the body is hashed as it is, and the digest check decides
  }
}
