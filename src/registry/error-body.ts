import { z } from 'zod';
import { maskSecrets } from '../config/known-secrets.ts';
import { isDigest, type Digest } from '../oci/digest.ts';

const ErrorBody = z.object({
  errors: z.array(
    z.object({ code: z.string(), message: z.unknown().optional(), detail: z.unknown().optional() }),
  ),
});

/** The errors that a registry's answer names, in the words of the specification. */
export interface RegistryErrors {
  readonly codes: readonly string[];
  /** Joined messages, escaped and bounded, for people. */
  readonly text: string;
  /** Content that the details name. */
  readonly digests: readonly Digest[];
}

/** Messages go into logs and tables; a longer one tells nothing more. */
const LONGEST_TEXT = 300;

/**
 * Reads the JSON error document of the specification; `undefined` when the body is none (a proxy's HTML page, plain text).
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes
 */
export function parseErrorBody(body: Uint8Array): RegistryErrors | undefined {
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    return undefined;
  }
  const parsed = ErrorBody.safeParse(json);
  if (!parsed.success || parsed.data.errors.length === 0) return undefined;
  const { errors } = parsed.data;
  const messages = errors
    .flatMap((error) => [error.message, error.detail])
    .filter((text) => typeof text === 'string');
  return {
    codes: errors.map((error) => error.code),
    text: plainText(messages.join('; ')),
    digests: digestsIn(JSON.stringify(errors.map(({ detail }) => detail))),
  };
}

function digestsIn(text: string): readonly Digest[] {
  return [...new Set(text.match(/\bsha(?:256:[a-f0-9]{64}|512:[a-f0-9]{128})\b/g))].filter(isDigest);
}

/** Untrusted text made fit for a line of a log: no secret that it repeats, no control characters, bounded. */
export function plainText(text: string): string {
  const clean = maskSecrets(text)
    .replaceAll(/[\p{C}\s]+/gu, ' ')
    .trim();
  return clean.length > LONGEST_TEXT ? `${clean.slice(0, LONGEST_TEXT)}…` : clean;
}
