import { createHash } from 'node:crypto';

/** Hash algorithms that the fake can compute (OCI image-spec, descriptor.md#registered-algorithms). */
export type FakeAlgorithm = 'sha256' | 'sha512';

export const digestOf = (bytes: Uint8Array, algorithm: FakeAlgorithm = 'sha256'): string =>
  `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;

const hexLength = new Map<string, number>([
  ['sha256', 64],
  ['sha512', 128],
]);

/** Whether `text` is a digest that distribution can parse: a known algorithm and the right number of lower case hex digits. */
export function isDigest(text: string): boolean {
  const [algorithm = '', hex = ''] = text.split(':');
  return hex.length === hexLength.get(algorithm) && /^[0-9a-f]+$/.test(hex);
}

/** Why `text`, which looks like a digest, is none; the words are those of opencontainers/go-digest. */
export function digestProblem(text: string): string {
  const algorithm = text.split(':')[0] ?? '';
  return hexLength.has(algorithm) ? 'invalid checksum digest length' : 'unsupported digest algorithm';
}

/** `sha256:abc` as the tag of the referrers fallback, `sha256-abc` (OCI distribution-spec 1.1, "Referrers Tag Schema"). */
export const referrersTagOf = (digest: string): string => digest.replace(':', '-');
