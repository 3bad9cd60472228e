import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, relative } from 'node:path';
import { inspect } from 'node:util';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { DockerCredentialError } from './docker-credential-error.ts';
import {
  askDockerCredentialHelper,
  DEFAULT_HELPER_LIMITS,
  type HelperCall,
} from './docker-credential-helper.ts';
import { type DockerCredential } from './docker-credential.ts';

const CANARY = 'canary-91c2';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'docker-credential-'));
});

afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

/** Installs a real executable; the body is shell, since helpers are programs of any language. */
function install(body: string, name = 'docker-credential-fake', shebang = '#!/bin/sh\n'): void {
  const path = join(directory, name);
  writeFileSync(path, `${shebang}${body}\n`);
  chmodSync(path, 0o755);
}

function call(overrides: Partial<HelperCall> = {}): HelperCall {
  return {
    helper: 'fake',
    serverUrl: 'registry.example:5000',
    variables: { PATH: `${directory}${delimiter}/usr/bin${delimiter}/bin` },
    limits: DEFAULT_HELPER_LIMITS,
    ...overrides,
  };
}

/** Readable form, secrets revealed. */
function plain(credential: DockerCredential): readonly string[] {
  switch (credential.kind) {
    case 'password':
      return [credential.kind, credential.username, credential.password.reveal()];
    case 'identity-token':
    case 'registry-token':
      return [credential.kind, credential.token.reveal()];
    case 'none':
      return [credential.kind];
  }
}

async function failureOf(helperCall: HelperCall): Promise<DockerCredentialError> {
  const failure = await askDockerCredentialHelper(helperCall).then(plain, (error: unknown) => error);
  if (failure instanceof DockerCredentialError) return failure;
  throw new Error(`no DockerCredentialError: ${inspect(failure)}`);
}

describe('askDockerCredentialHelper', () => {
  it('hands the server URL over on stdin, after the word get, and reads the answer', async () => {
    install(`cat > '${directory}/stdin'; echo "$@" > '${directory}/arguments'
      echo '{"ServerURL":"registry.example:5000","Username":"robot","Secret":"${CANARY}","Extra":1}'`);
    const credential = await askDockerCredentialHelper(call());
    expect(plain(credential)).toEqual(['password', 'robot', CANARY]);
    expect(readFileSync(join(directory, 'stdin'), 'utf8')).toBe('registry.example:5000');
    expect(readFileSync(join(directory, 'arguments'), 'utf8')).toBe('get\n');
    expect(inspect(credential, { depth: null, showHidden: true })).not.toContain(CANARY);
  });

  it('runs the helper in the environment that it is given and in no other', async () => {
    install(`printf '{"Username":"%s%s","Secret":"x"}' "$AWS_PROFILE" "$HOME"`);
    const variables = { ...call().variables, AWS_PROFILE: 'mirror' };
    expect(plain(await askDockerCredentialHelper(call({ variables })))).toEqual(['password', 'mirror', 'x']);
  });

  it('needs no interpreter on PATH but the one that the helper names', async () => {
    const body = 'console.log(JSON.stringify({ Username: process.argv[2], Secret: process.env.PATH }));';
    install(body, undefined, `#!${process.execPath}\n`);
    const variables = { PATH: directory };
    expect(plain(await askDockerCredentialHelper(call({ variables })))).toEqual([
      'password',
      'get',
      directory,
    ]);
  });

  it.each<[string, string, readonly string[]]>([
    [
      'a token for the user name <token>',
      `{"Username":"<token>","Secret":"${CANARY}"}`,
      ['identity-token', CANARY],
    ],
    ['nothing for two empty strings', '{"Username":"","Secret":""}', ['none']],
  ])('reads %s', async (_name, answer, credential) => {
    install(`cat > /dev/null; echo '${answer}'`);
    expect(plain(await askDockerCredentialHelper(call()))).toEqual(credential);
  });

  it.each(['exit 1', 'exit 127'])('reads "credentials not found" and %s as none', async (exit) => {
    install(`echo 'credentials not found in native keychain'; ${exit}`);
    expect(plain(await askDockerCredentialHelper(call()))).toEqual(['none']);
  });

  it('takes an answer from a helper that does not read its input', async () => {
    install(`exec 0<&-; echo '{"Username":"u","Secret":"s"}'`);
    const serverUrl = 'r'.repeat(1_000_000);
    expect(plain(await askDockerCredentialHelper(call({ serverUrl })))).toEqual(['password', 'u', 's']);
  });

  it.each<[string, string, string, RegExp]>([
    [
      'fails',
      `echo 'no ${CANARY}'; echo '${CANARY}' >&2; exit 7`,
      'HELPER_FAILED',
      /^docker-credential-fake failed for registry\.example:5000 \(exit 7\)/,
    ],
    [
      'fails with an answer',
      `echo '{"Username":"u","Secret":"${CANARY}"}'; exit 1`,
      'HELPER_FAILED',
      /\(exit 1\)/,
    ],
    ['dies by a signal', 'kill -ABRT $$', 'HELPER_FAILED', /\(killed by SIGABRT\)/],
    [
      'prints nothing',
      'exit 0',
      'HELPER_OUTPUT_MALFORMED',
      /^docker-credential-fake printed something else than a credential$/,
    ],
    [
      'prints no JSON',
      `echo 'token: ${CANARY}'`,
      'HELPER_OUTPUT_MALFORMED',
      /^docker-credential-fake printed/,
    ],
    [
      'prints half an answer',
      `echo '{"Secret":"${CANARY}"}'`,
      'HELPER_OUTPUT_MALFORMED',
      /^docker-credential-fake printed/,
    ],
    [
      'prints a number for a secret',
      `echo '{"Username":"u","Secret":5}'`,
      'HELPER_OUTPUT_MALFORMED',
      /^docker-credential-fake printed/,
    ],
    [
      'says without a failing exit that it found nothing',
      `echo 'credentials not found in native keychain'`,
      'HELPER_OUTPUT_MALFORMED',
      /^docker-credential-fake printed/,
    ],
    [
      'never stops printing',
      `while :; do echo '${CANARY}${CANARY}${CANARY}'; done`,
      'HELPER_OUTPUT_TOO_LARGE',
      /^docker-credential-fake printed more than 65536 bytes/,
    ],
    [
      'never stops complaining',
      `while :; do echo '${CANARY}${CANARY}${CANARY}' >&2; done`,
      'HELPER_OUTPUT_TOO_LARGE',
      /^docker-credential-fake printed more than 65536 bytes/,
    ],
  ])('names a helper that %s, and nothing of what it printed', async (_name, body, code, message) => {
    install(body);
    const failure = await failureOf(call());
    expect([failure.code, failure.message]).toEqual([code, expect.stringMatching(message)]);
    expect(inspect(failure, { depth: null, showHidden: true })).not.toContain(CANARY);
  });

  // The limit of 15 s is what fails when the wait lasts as long as the child does.
  it('stops waiting for a helper that hangs, ignores SIGTERM and leaves a child behind on its stdout', async () => {
    install(`trap '' TERM; echo '${CANARY}'; sleep 30`);
    const failure = await failureOf(call({ limits: { ...DEFAULT_HELPER_LIMITS, timeoutSeconds: 0.3 } }));
    expect([failure.code, failure.message]).toEqual([
      'HELPER_TIMED_OUT',
      'docker-credential-fake did not answer for registry.example:5000 within 0.3 s',
    ]);
  }, 15_000);

  it.each(['../fake', '/bin/sh', 'a b', 'fake;id', '$(id)', '', 'fake\n', 'fäke', 'fake\0'])(
    'refuses %j as the name of a helper',
    async (helper) => {
      install(`echo '{"Username":"u","Secret":"s"}'`);
      const failure = await failureOf(call({ helper }));
      expect(failure.code).toBe('HELPER_NAME_INVALID');
    },
  );

  it.each<[string, () => string | undefined]>([
    ['no PATH', () => undefined],
    ['an empty PATH', () => ''],
    ['a PATH without it', () => '/nonexistent'],
    [
      'a PATH that has it by a relative directory only',
      () => `${relative(process.cwd(), directory)}${delimiter}.`,
    ],
  ])('says that a helper is missing with %s', async (_name, path) => {
    install(`echo '{"Username":"u","Secret":"s"}'`);
    const failure = await failureOf(call({ variables: { PATH: path() } }));
    expect([failure.code, failure.message]).toEqual([
      'HELPER_MISSING',
      'docker-credential-fake is not on PATH',
    ]);
  });

  it('passes over a file that is not executable', async () => {
    install('exit 0');
    chmodSync(join(directory, 'docker-credential-fake'), 0o644);
    expect((await failureOf(call())).code).toBe('HELPER_MISSING');
  });

  it('names what the system says of a helper that cannot be started', async () => {
    install('echo hello', undefined, '#!/nonexistent/interpreter\n');
    const failure = await failureOf(call());
    expect([failure.code, failure.message]).toEqual(['HELPER_FAILED', expect.stringContaining('(ENOENT)')]);
  });
});
