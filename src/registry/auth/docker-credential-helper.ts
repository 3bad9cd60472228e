import { execFile, type ExecFileException } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';

import { z } from 'zod';

import { DockerCredentialError } from './docker-credential-error.ts';
import { type DockerCredential, passwordCredential } from './docker-credential.ts';

export interface HelperLimits {
  readonly timeoutSeconds: number;
  readonly maxOutputBytes: number;
}

/** A helper asks a keychain or a cloud's token service; 30 s is long for either. Real tokens stay below 4 KiB. */
export const DEFAULT_HELPER_LIMITS: HelperLimits = { timeoutSeconds: 30, maxOutputBytes: 64 * 1024 };

/** Which helper to ask and what it runs with: `variables` is its whole environment, its `PATH` is where the helper is looked for. */
export interface HelperCall {
  readonly helper: string;
  readonly serverUrl: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly limits: HelperLimits;
}

/** How a helper's run ended; `stdout` may hold a secret. */
type HelperRun =
  | { readonly kind: 'succeeded'; readonly stdout: string }
  | { readonly kind: 'failed'; readonly stdout: string; readonly how: string }
  | { readonly kind: 'timed-out' }
  | { readonly kind: 'too-much-output' };

/** No slash: the name comes from a file and must not reach beyond the directories of PATH. */
const HELPER_NAME = /^[A-Za-z0-9_.-]+$/;

/** What helpers print, on stdout and with a failing exit code, where they know no credential (docker-credential-helpers, errors.go). */
const NOT_FOUND = 'credentials not found in native keychain';

const AnswerSchema = z.object({ Username: z.string(), Secret: z.string() });

/**
 * Returns what `docker-credential-<helper> get` answers for a server URL; `none` where it knows none.
 * No shell is involved. Any other failure is a `DockerCredentialError`; the helper's own words are kept out of it, since they
 * may hold what it was asked for.
 */
export async function askDockerCredentialHelper(call: HelperCall): Promise<DockerCredential> {
  const program = await findProgram(call);
  const run = await runHelper(program, call);
  const name = `docker-credential-${call.helper}`;
  switch (run.kind) {
    case 'succeeded':
      return parseAnswer(run.stdout, name);
    case 'failed':
      if (run.stdout.includes(NOT_FOUND)) return { kind: 'none' };
      throw new DockerCredentialError(
        'HELPER_FAILED',
        `${name} failed for ${call.serverUrl} (${run.how}); \`echo ${call.serverUrl} | ${name} get\` shows what it says`,
      );
    case 'timed-out':
      throw new DockerCredentialError(
        'HELPER_TIMED_OUT',
        `${name} did not answer for ${call.serverUrl} within ${call.limits.timeoutSeconds} s`,
      );
    case 'too-much-output':
      throw new DockerCredentialError(
        'HELPER_OUTPUT_TOO_LARGE',
        `${name} printed more than ${call.limits.maxOutputBytes} bytes for ${call.serverUrl}`,
      );
  }
}

/** Returns the helper's path. Relative entries of PATH are passed over: they would run what lies in the working directory. */
async function findProgram({ helper, variables }: HelperCall): Promise<string> {
  if (!HELPER_NAME.test(helper)) {
    throw new DockerCredentialError(
      'HELPER_NAME_INVALID',
      `${JSON.stringify(helper)} is no name of a credential helper`,
    );
  }
  const name = `docker-credential-${helper}`;
  for (const directory of (variables.PATH ?? '').split(delimiter).filter(isAbsolute)) {
    const candidate = join(directory, name);
    if (await isExecutable(candidate)) return candidate;
  }
  throw new DockerCredentialError('HELPER_MISSING', `${name} is not on PATH`);
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function runHelper(program: string, { serverUrl, variables, limits }: HelperCall): Promise<HelperRun> {
  const options = {
    env: { ...variables },
    encoding: 'utf8' as const,
    timeout: limits.timeoutSeconds * 1000,
    // Not SIGTERM: a helper that hangs may well ignore it.
    killSignal: 'SIGKILL' as const,
    maxBuffer: limits.maxOutputBytes,
    windowsHide: true,
  };
  return new Promise((resolve) => {
    const child = execFile(program, ['get'], options, (error, stdout) => {
      if (error === null) resolve({ kind: 'succeeded', stdout });
      else if (error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') resolve({ kind: 'too-much-output' });
      else if (error.killed === true) resolve({ kind: 'timed-out' });
      else resolve({ kind: 'failed', stdout, how: describeEnd(error) });
    });
    // A helper may exit without reading its input; the write then fails, and the exit code says what there is to say.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(serverUrl);
  });
}

/** A number is the helper's exit code, a string is why the system did not start it. */
function describeEnd(error: ExecFileException): string {
  if (typeof error.code === 'number') return `exit ${error.code}`;
  return error.code ?? `killed by ${error.signal ?? 'an unknown signal'}`;
}

function parseAnswer(stdout: string, name: string): DockerCredential {
  const parsed = AnswerSchema.safeParse(parseJson(stdout));
  if (!parsed.success) {
    throw new DockerCredentialError(
      'HELPER_OUTPUT_MALFORMED',
      `${name} printed something else than a credential`,
    );
  }
  return passwordCredential(parsed.data.Username, parsed.data.Secret);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
