import { createPublicKey, verify, type JsonWebKey } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { schema1Image } from '../../test/builders/schema1-content.ts';
import { digestOf } from './digest.ts';
import { hasDigest, parseManifest } from './manifest.ts';
import { SCHEMA1_SIGNED } from './media-type.ts';
import { schema1Payload } from './schema1-payload.ts';

interface Signature {
  readonly header: { readonly jwk: JsonWebKey };
  readonly signature: string;
  readonly protected: string;
}

interface SignedManifest {
  readonly signatures: readonly Signature[];
}

function parse(raw: Uint8Array): unknown {
  return JSON.parse(Buffer.from(raw).toString());
}

function base64Url(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
}

/** A document with one signature whose protected header is the given value. */
function signedWith(header: unknown): Buffer {
  return Buffer.from(JSON.stringify({ fsLayers: [], signatures: [{ protected: base64Url(header) }] }));
}

describe('the payload of a signed schema 1 manifest', () => {
  const { bytes, digest } = schema1Image('payload').root;
  const payload = schema1Payload(bytes, parse(bytes));

  it('is exactly what its signature signs (RFC 7515, 5.2)', () => {
    const [signature] = (parse(bytes) as SignedManifest).signatures;
    const signed = `${signature!.protected}.${Buffer.from(payload).toString('base64url')}`;
    const key = createPublicKey({ key: signature!.header.jwk, format: 'jwk' });
    const proof = Buffer.from(signature!.signature, 'base64url');
    expect(verify('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' }, proof)).toBe(true);
  });

  it('is the manifest without its signatures', () => {
    const { signatures, ...rest } = parse(bytes) as SignedManifest;
    expect(signatures).toHaveLength(1);
    expect(parse(payload)).toEqual(rest);
  });

  it('is what the digest is taken over, while the signatures stay in the bytes', () => {
    const document = parseManifest(bytes, { contentType: SCHEMA1_SIGNED });
    expect(document).toMatchObject({ digest, kind: 'schema1', mediaType: SCHEMA1_SIGNED });
    expect(document.raw).toBe(bytes);
    expect(document.digest).not.toBe(digestOf(bytes));
  });

  it('is what a digest of another algorithm is compared with', () => {
    const document = parseManifest(bytes);
    expect(hasDigest(document, digestOf(payload, 'sha512'))).toBe(true);
    expect(hasDigest(document, digestOf(bytes, 'sha512'))).toBe(false);
    expect(hasDigest(document, digestOf(bytes))).toBe(false);
  });

  it('does not depend on who signed it, nor how often', () => {
    const manifest = parse(bytes) as SignedManifest;
    const head = Buffer.from(payload.subarray(0, -2)).toString();
    const twice = Buffer.from(
      `${head},\n   "signatures": ${JSON.stringify([...manifest.signatures, ...manifest.signatures])}\n}`,
    );
    expect(schema1Payload(twice, parse(twice))).toEqual(payload);
  });

  it('is put together from the length and the tail that the protected header names', () => {
    fc.assert(
      fc.property(fc.nat(10), fc.string(), (formatLength, tail) => {
        const raw = signedWith({ formatLength, formatTail: base64Url(tail) });
        const expected = raw.subarray(0, formatLength).toString() + Buffer.from(tail).toString();
        expect(Buffer.from(schema1Payload(raw, parse(raw))).toString()).toBe(expected);
      }),
    );
  });
});

describe('a manifest of another kind', () => {
  it('is hashed as a whole, whatever signatures it carries', () => {
    const signatures = [{ protected: base64Url({ formatLength: 1, formatTail: base64Url('}') }) }];
    const raw = Buffer.from(JSON.stringify({ layers: [], signatures }));
    const document = parseManifest(raw);
    expect(document).toMatchObject({ kind: 'image', digest: digestOf(raw) });
    expect(hasDigest(document, digestOf(raw, 'sha512'))).toBe(true);
    expect(hasDigest(document, digestOf(Buffer.from('{}'), 'sha512'))).toBe(false);
  });
});

describe('a schema 1 manifest that is not signed', () => {
  it.each([
    ['without signatures', { fsLayers: [] }],
    ['with an empty list of signatures', { fsLayers: [], signatures: [] }],
    ['with signatures that are no list', { fsLayers: [], signatures: 'none' }],
    ['with a signature without a protected header', { fsLayers: [], signatures: [{ signature: 'x' }] }],
  ])('is its own payload: %s', (_what, body) => {
    const raw = Buffer.from(JSON.stringify(body));
    expect(schema1Payload(raw, body)).toBe(raw);
    expect(parseManifest(raw).digest).toBe(digestOf(raw));
  });

  it.each([
    ['is no JSON', 'not json'],
    ['is no object', 7],
    ['names no length', { formatTail: 'fQ' }],
    ['names no tail', { formatLength: 3 }],
    ['names a negative length', { formatLength: -1, formatTail: 'fQ' }],
    ['names a fractional length', { formatLength: 1.5, formatTail: 'fQ' }],
    ['names a length in quotes', { formatLength: '3', formatTail: 'fQ' }],
  ])('is its own payload where the protected header %s: the digest check decides', (_what, header) => {
    const raw = signedWith(header);
    expect(schema1Payload(raw, parse(raw))).toBe(raw);
  });
});
