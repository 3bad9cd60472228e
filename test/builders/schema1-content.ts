import { createECDH, createHash } from 'node:crypto';

import { contentOf, digestOf, type BuiltContent, type BuiltManifest } from './built-content.ts';
import { imageParts } from './image-content.ts';
import { mediaTypes } from './media-types.ts';

/** Order of the base point of P-256 (FIPS 186-4, D.1.2.3). */
const curveOrder = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** DER header of a public key on P-256 in uncompressed form (RFC 5480). */
const publicKeyHeader = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d030107034200', 'hex');

/**
 * An image of schema 1 as Docker before 1.10 pushed it: layers newest first, history as strings of JSON, and a JWS
 * whose signature is woven into the document. Its digest is that of the payload without the signatures.
 */
export function schema1Image(seed: string): BuiltContent {
  const { layers } = imageParts(seed, undefined, 'docker');
  const payload = {
    schemaVersion: 1,
    name: 'library/schema1',
    tag: 'latest',
    architecture: 'amd64',
    fsLayers: layers.map((layer) => ({ blobSum: layer.digest })).reverse(),
    history: layers.map((layer, index) => ({ v1Compatibility: historyOf(seed, index) })).reverse(),
  };
  const root = signed(seed, Buffer.from(JSON.stringify(payload, undefined, 3)));
  return contentOf(root, layers);
}

function historyOf(seed: string, index: number): string {
  const idOf = (position: number): string => createHash('sha256').update(`${seed}/${position}`).digest('hex');
  return JSON.stringify({
    id: idOf(index),
    ...(index === 0 ? {} : { parent: idOf(index - 1) }),
    created: '2015-01-01T00:00:00Z',
    architecture: 'amd64',
    os: 'linux',
  });
}

/**
 * The "pretty signature" of Docker's libtrust: the last characters of the payload move into the protected header,
 * and the signatures take their place.
 */
function signed(seed: string, payload: Buffer): BuiltManifest {
  const tail = '\n}';
  const formatLength = payload.length - tail.length;
  const protectedHeader = base64Url(
    Buffer.from(
      JSON.stringify({
        formatLength,
        formatTail: base64Url(Buffer.from(tail)),
        time: '2015-01-01T00:00:00Z',
      }),
    ),
  );
  const key = keyOf(seed);
  const signature = key.sign(`${protectedHeader}.${base64Url(payload)}`);
  const signatures = [{ header: { jwk: key.jwk, alg: 'ES256' }, signature, protected: protectedHeader }];
  const bytes = Buffer.concat([
    payload.subarray(0, formatLength),
    Buffer.from(`,\n   "signatures": ${JSON.stringify(signatures)}${tail}`),
  ]);
  return { mediaType: mediaTypes.schema1Signed, digest: digestOf(payload), bytes };
}

interface SigningKey {
  readonly jwk: Readonly<Record<string, string>>;
  sign(text: string): string;
}

/**
 * A key and ECDSA signatures that depend on the seed alone (Node's own signatures differ each time): the nonce is a
 * hash, as in RFC 6979, and the curve arithmetic is ECDH's. Good for tests, and for nothing else.
 */
function keyOf(seed: string): SigningKey {
  const secret = scalarOf(`${seed}/key`);
  const point = pointOf(secret);
  const x = point.subarray(1, 33);
  const y = point.subarray(33);
  return {
    jwk: { crv: 'P-256', kid: keyIdOf(point), kty: 'EC', x: base64Url(x), y: base64Url(y) },
    sign: (text) => {
      const hash = toNumber(createHash('sha256').update(text).digest());
      const nonce = scalarOf(`${seed}/nonce/${text}`);
      const r = toNumber(pointOf(nonce).subarray(1, 33)) % curveOrder;
      const s = (inverse(nonce) * ((hash + r * secret) % curveOrder)) % curveOrder;
      return base64Url(Buffer.concat([toBytes(r), toBytes(s)]));
    },
  };
}

/** libtrust's key id: 240 bits of the key's hash in base 32, in twelve groups of four. */
function keyIdOf(point: Buffer): string {
  const hash = createHash('sha256').update(publicKeyHeader).update(point).digest().subarray(0, 30);
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  let bits = BigInt(`0x${hash.toString('hex')}`);
  const characters: string[] = [];
  for (let index = 0; index < 48; index += 1) {
    characters.unshift(alphabet.charAt(Number(bits & 31n)));
    bits >>= 5n;
  }
  return (characters.join('').match(/.{4}/g) ?? []).join(':');
}

function scalarOf(seed: string): bigint {
  return (toNumber(createHash('sha256').update(seed).digest()) % (curveOrder - 1n)) + 1n;
}

/** The multiple of the base point, uncompressed: 04, x, y. */
function pointOf(scalar: bigint): Buffer {
  const exchange = createECDH('prime256v1');
  exchange.setPrivateKey(toBytes(scalar));
  return exchange.getPublicKey();
}

/** The inverse modulo a prime, by Fermat. */
function inverse(value: bigint): bigint {
  let result = 1n;
  let base = value % curveOrder;
  for (let exponent = curveOrder - 2n; exponent > 0n; exponent >>= 1n) {
    if ((exponent & 1n) === 1n) result = (result * base) % curveOrder;
    base = (base * base) % curveOrder;
  }
  return result;
}

function toNumber(bytes: Buffer): bigint {
  return BigInt(`0x${bytes.toString('hex')}`);
}

function toBytes(value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(64, '0'), 'hex');
}

function base64Url(bytes: Buffer): string {
  return bytes.toString('base64url');
}
