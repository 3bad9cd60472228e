import { createHash, generateKeyPairSync, sign } from 'node:crypto';

export interface LoopbackCertificate {
  /** PEM text; self-signed, so it is also the authority to trust. */
  readonly certificate: string;
  readonly key: string;
}

/** ASN.1 tags of DER (X.690) that an X.509 certificate (RFC 5280) is made of. */
const tag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  sequence: 0x30,
  set: 0x31,
  extensions: 0xa3,
  version: 0xa0,
} as const;

const oids = {
  ecdsaWithSha256: '2a8648ce3d040302',
  commonName: '550403',
  subjectAltName: '551d11',
  basicConstraints: '551d13',
} as const;

/** A new self-signed certificate for 127.0.0.1 and localhost, valid from 2020 to 2049. Node can read them but not make them. */
export function createLoopbackCertificate(): LoopbackCertificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const publicKeyDer = publicKey.export({ type: 'spki', format: 'der' });
  const algorithm = der(tag.sequence, objectId(oids.ecdsaWithSha256));
  const name = der(
    tag.sequence,
    der(tag.set, der(tag.sequence, objectId(oids.commonName), der(tag.utf8String, Buffer.from('localhost')))),
  );
  const validity = der(
    tag.sequence,
    der(tag.utcTime, Buffer.from('200101000000Z')),
    der(tag.utcTime, Buffer.from('490101000000Z')),
  );
  // Sixteen bytes of the key's hash: unique per key, and with the first byte set a positive DER integer.
  const serial = createHash('sha256').update(publicKeyDer).digest().subarray(0, 16);
  serial[0] = 0x01;
  const body = der(
    tag.sequence,
    der(tag.version, der(tag.integer, Buffer.from([2]))),
    der(tag.integer, serial),
    algorithm,
    name,
    validity,
    name,
    publicKeyDer,
    der(tag.extensions, der(tag.sequence, alternativeNames(), authority())),
  );
  const signature = sign('sha256', body, { key: privateKey, dsaEncoding: 'der' });
  const certificate = der(tag.sequence, body, algorithm, bitString(signature));
  return {
    certificate: pem('CERTIFICATE', certificate),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function alternativeNames(): Buffer {
  // Context tags of GeneralName: 2 is a DNS name, 7 an IP address.
  const names = der(
    tag.sequence,
    der(0x82, Buffer.from('localhost')),
    der(0x87, Buffer.from([127, 0, 0, 1])),
  );
  return der(tag.sequence, objectId(oids.subjectAltName), der(tag.octetString, names));
}

function authority(): Buffer {
  const isAuthority = der(tag.sequence, der(tag.boolean, Buffer.from([0xff])));
  return der(tag.sequence, objectId(oids.basicConstraints), der(tag.octetString, isAuthority));
}

function objectId(hex: string): Buffer {
  return der(tag.oid, Buffer.from(hex, 'hex'));
}

/** The leading zero says that no bit of the last byte is unused. */
function bitString(bytes: Buffer): Buffer {
  return der(tag.bitString, Buffer.from([0]), bytes);
}

function der(type: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([type]), derLength(content.length), content]);
}

function derLength(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  return length < 0x100 ? Buffer.from([0x81, length]) : Buffer.from([0x82, length >> 8, length & 0xff]);
}

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}
