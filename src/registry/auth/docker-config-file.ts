import { readFile } from 'node:fs/promises';

import { z } from 'zod';

import { Secret } from '../../config/secret.ts';
import { DockerCredentialError } from './docker-credential-error.ts';
import { type DockerCredential, passwordCredential } from './docker-credential.ts';

/** Whatever else the file holds (proxies, plugins, HTTP headers) is not ours to judge. */
const EntrySchema = z.object({
  auth: z.string().nullish(),
  username: z.string().nullish(),
  password: z.string().nullish(),
  identitytoken: z.string().nullish(),
  registrytoken: z.string().nullish(),
});

const FileSchema = z.object({
  auths: z.record(z.string(), EntrySchema).nullish(),
  credHelpers: z.record(z.string(), z.string()).nullish(),
  credsStore: z.string().nullish(),
});

/** One registry's entry under `auths`; with a credential helper it is there but empty. */
export type DockerConfigEntry = z.infer<typeof EntrySchema>;

export interface DockerConfigFile {
  readonly path: string;
  readonly auths: Readonly<Record<string, DockerConfigEntry>>;
  /** Helper name by registry. */
  readonly credHelpers: Readonly<Record<string, string>>;
  /** The helper for all registries without one of their own; empty where there is none. */
  readonly credsStore: string;
}

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** Returns the parsed file, or undefined where there is none; throws a `DockerCredentialError` where it cannot be used. */
export async function readDockerConfigFile(path: string): Promise<DockerConfigFile | undefined> {
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  const parsed = FileSchema.safeParse(parseJson(text, path));
  if (!parsed.success) {
    const places = parsed.error.issues.map((issue) => issue.path.map(String).join('.') || 'the top level');
    throw new DockerCredentialError(
      'FILE_MALFORMED',
      `${path} has a value of the wrong type: ${places.join(', ')}`,
    );
  }
  const { auths, credHelpers, credsStore } = parsed.data;
  return { path, auths: auths ?? {}, credHelpers: credHelpers ?? {}, credsStore: credsStore ?? '' };
}

/** Returns the credential that an entry holds. A token counts more than a password, as in docker: it is the newer login. */
export function credentialOfEntry(entry: DockerConfigEntry, path: string): DockerCredential {
  if (entry.registrytoken) return { kind: 'registry-token', token: new Secret(entry.registrytoken) };
  if (entry.identitytoken) return { kind: 'identity-token', token: new Secret(entry.identitytoken) };
  if (entry.auth) return decodeAuth(entry.auth, path);
  return passwordCredential(entry.username ?? '', entry.password ?? '');
}

/** `auth` is base64 of `username:password`, where only the first colon separates. */
function decodeAuth(auth: string, path: string): DockerCredential {
  const encoded = auth.trim();
  const decoded = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  if (!BASE64.test(encoded) || colon < 1) {
    throw new DockerCredentialError(
      'FILE_MALFORMED',
      `${path} has an "auth" that is not base64 of username:password`,
    );
  }
  // Old docker clients padded the password with NUL bytes, and docker still strips them.
  return passwordCredential(decoded.slice(0, colon), decoded.slice(colon + 1).replaceAll('\0', ''));
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code =
      typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'unknown';
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new DockerCredentialError('FILE_UNREADABLE', `${path} cannot be read: ${code}`);
  }
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new DockerCredentialError('FILE_MALFORMED', `${path} is not JSON`);
  }
}
