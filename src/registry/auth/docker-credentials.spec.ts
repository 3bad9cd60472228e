import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { inspect } from 'node:util';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { DockerCredentialError } from './docker-credential-error.ts';
import { type DockerCredential } from './docker-credential.ts';
import { type DockerEnvironment, lookUpDockerCredential } from './docker-credentials.ts';

const CANARY = 'canary-3b7e';

let directory: string;
let environment: DockerEnvironment;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'docker-config-'));
  environment = {
    home: join(directory, 'home'),
    dockerConfig: undefined,
    registryAuthFile: undefined,
    xdgRuntimeDir: undefined,
    helperVariables: { PATH: `${directory}:/usr/bin:/bin` },
  };
});

afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

function write(path: string, content: unknown): void {
  const absolute = join(directory, path);
  mkdirSync(dirname(absolute), { recursive: true });
  writeFileSync(absolute, typeof content === 'string' ? content : JSON.stringify(content));
}

function writeConfig(content: unknown): void {
  write('home/.docker/config.json', content);
}

/** A helper that knows the servers of `answers` and says of others that it does not. */
function installHelper(name: string, answers: Readonly<Record<string, string>>): void {
  const cases = Object.entries(answers).map(
    ([server, user]) => `'${server}') echo '{"Username":"${user}","Secret":"from ${name}"}';;`,
  );
  const path = join(directory, `docker-credential-${name}`);
  const unknown = `*) echo 'credentials not found in native keychain'; exit 1;;`;
  writeFileSync(path, `#!/bin/sh\ncase "$(cat)" in\n${[...cases, unknown].join('\n')}\nesac\n`);
  chmodSync(path, 0o755);
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
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

async function lookUp(host: string): Promise<readonly string[]> {
  return plain(await lookUpDockerCredential(host, environment));
}

async function failureOf(host: string): Promise<DockerCredentialError> {
  const failure = await lookUp(host).catch((error: unknown) => error);
  if (failure instanceof DockerCredentialError) return failure;
  throw new Error(`no DockerCredentialError: ${inspect(failure)}`);
}

describe('lookUpDockerCredential, the entries of auths', () => {
  it.each<[string, unknown, readonly string[]]>([
    ['auth', { auth: base64('robot:secret') }, ['password', 'robot', 'secret']],
    ['auth with colons in the password', { auth: base64('robot:a:b:c') }, ['password', 'robot', 'a:b:c']],
    ['auth beyond ASCII', { auth: base64('rübe:pässword') }, ['password', 'rübe', 'pässword']],
    ['auth with an empty password', { auth: base64('robot:') }, ['password', 'robot', '']],
    [
      'auth padded with NUL, as old docker wrote it',
      { auth: base64('robot:secret\0\0') },
      ['password', 'robot', 'secret'],
    ],
    [
      'auth with white space around it',
      { auth: ` ${base64('robot:secret')}\n` },
      ['password', 'robot', 'secret'],
    ],
    ['username and password', { username: 'robot', password: 'secret' }, ['password', 'robot', 'secret']],
    [
      'auth before username and password',
      { auth: base64('a:b'), username: 'c', password: 'd' },
      ['password', 'a', 'b'],
    ],
    [
      'an identity token',
      { auth: base64('00000000-0000-0000-0000-000000000000:'), identitytoken: 'refresh' },
      ['identity-token', 'refresh'],
    ],
    [
      'a registry token before all',
      { auth: base64('a:b'), identitytoken: 'refresh', registrytoken: 'access' },
      ['registry-token', 'access'],
    ],
    ['empty tokens', { auth: base64('a:b'), identitytoken: '', registrytoken: '' }, ['password', 'a', 'b']],
    ['an empty entry', {}, ['none']],
    ['an empty auth', { auth: '', email: 'a@b.example' }, ['none']],
    ['nulls', { auth: null, username: null, password: null, identitytoken: null }, ['none']],
  ])('reads %s', async (_name, entry, credential) => {
    writeConfig({ auths: { 'registry.example:5000': entry } });
    expect(await lookUp('registry.example:5000')).toEqual(credential);
  });

  it.each([
    ['registry.example', 'https://registry.example/v1/'],
    ['registry.example', 'registry.example'],
    ['registry.example:5000', 'http://registry.example:5000'],
    ['registry-1.docker.io', 'https://index.docker.io/v1/'],
    ['docker.io', 'https://index.docker.io/v1/'],
    ['registry-1.docker.io', 'docker.io'],
  ])('finds %s under %s', async (host, key) => {
    writeConfig({
      auths: { 'other.example': { auth: base64('x:y') }, [key]: { auth: base64('robot:secret') } },
    });
    expect(await lookUp(host)).toEqual(['password', 'robot', 'secret']);
  });

  it('reads back any user name without a colon and any password', async () => {
    const username = fc.stringMatching(/^[^:\0]+$/);
    const password = fc.stringMatching(/^[^\0]*$/);
    await fc.assert(
      fc.asyncProperty(username, password, async (name, secret) => {
        writeConfig({ auths: { 'registry.example': { auth: base64(`${name}:${secret}`) } } });
        expect(await lookUp('registry.example')).toEqual(['password', name, secret]);
      }),
      { numRuns: 200 },
    );
  });
});

describe('lookUpDockerCredential, files', () => {
  const entry = (user: string) => ({ auths: { 'registry.example': { auth: base64(`${user}:x`) } } });

  it('says none where there is no file at all', async () => {
    expect(await lookUp('registry.example')).toEqual(['none']);
  });

  it('says none where nothing names a place to look', async () => {
    environment = { ...environment, home: undefined };
    expect(await lookUp('registry.example')).toEqual(['none']);
  });

  it('says none where the path of the file leads through a file', async () => {
    write('home', 'a file');
    expect(await lookUp('registry.example')).toEqual(['none']);
  });

  it('reads $DOCKER_CONFIG instead of the home directory', async () => {
    writeConfig(entry('home'));
    write('elsewhere/config.json', entry('elsewhere'));
    environment = { ...environment, dockerConfig: join(directory, 'elsewhere') };
    expect(await lookUp('registry.example')).toEqual(['password', 'elsewhere', 'x']);
    environment = { ...environment, dockerConfig: join(directory, 'nowhere') };
    expect(await lookUp('registry.example')).toEqual(['none']);
  });

  it("asks docker's file, then $REGISTRY_AUTH_FILE, then podman's runtime file", async () => {
    environment = {
      ...environment,
      registryAuthFile: join(directory, 'auth.json'),
      xdgRuntimeDir: join(directory, 'run'),
    };
    write('run/containers/auth.json', entry('runtime'));
    expect(await lookUp('registry.example')).toEqual(['password', 'runtime', 'x']);
    write('auth.json', entry('authfile'));
    expect(await lookUp('registry.example')).toEqual(['password', 'authfile', 'x']);
    writeConfig({ auths: { 'other.example': {} } });
    expect(await lookUp('registry.example')).toEqual(['password', 'authfile', 'x']);
    writeConfig(entry('docker'));
    expect(await lookUp('registry.example')).toEqual(['password', 'docker', 'x']);
  });

  it.each<[string, unknown, RegExp]>([
    ['no JSON', `{"auths": {"registry.example": {"auth": "${CANARY}"`, /config\.json is not JSON$/],
    ['an empty file', '', /config\.json is not JSON$/],
    ['a list', [], /config\.json has a value of the wrong type: the top level$/],
    [
      'a number for a secret',
      { auths: { 'registry.example': { auth: 5 } } },
      /wrong type: auths\.registry\.example\.auth$/,
    ],
    [
      'a string for an entry',
      { auths: { 'registry.example': CANARY } },
      /wrong type: auths\.registry\.example$/,
    ],
    [
      'an object for a helper',
      { credHelpers: { 'registry.example': {} } },
      /wrong type: credHelpers\.registry\.example$/,
    ],
    ['a list for a helper', { credsStore: [CANARY] }, /wrong type: credsStore$/],
    [
      'auth that is not base64',
      { auths: { 'registry.example': { auth: `*${CANARY}*` } } },
      /"auth" that is not base64 of username:password$/,
    ],
    [
      'auth that is almost base64',
      { auths: { 'registry.example': { auth: `*${base64(`a:${CANARY}`)}` } } },
      /"auth" that is not base64/,
    ],
    [
      'auth without a colon',
      { auths: { 'registry.example': { auth: base64(CANARY) } } },
      /"auth" that is not base64/,
    ],
    [
      'auth without a user name',
      { auths: { 'registry.example': { auth: base64(`:${CANARY}`) } } },
      /"auth" that is not base64/,
    ],
  ])('fails on %s without quoting it, and never takes it for none', async (_name, content, message) => {
    writeConfig(content);
    const failure = await failureOf('registry.example');
    expect([failure.code, failure.message]).toEqual(['FILE_MALFORMED', expect.stringMatching(message)]);
    expect(inspect(failure, { depth: null, showHidden: true })).not.toContain(CANARY);
    expect(inspect(failure, { depth: null, showHidden: true })).not.toContain(base64(CANARY).slice(0, 12));
  });

  it('fails on a file that cannot be read', async () => {
    mkdirSync(join(directory, 'home/.docker/config.json'), { recursive: true });
    const failure = await failureOf('registry.example');
    expect([failure.code, failure.message]).toEqual([
      'FILE_UNREADABLE',
      expect.stringMatching(/config\.json cannot be read: EISDIR$/),
    ]);
  });

  it('ignores everything else that such a file holds', async () => {
    writeConfig({
      ...entry('robot'),
      HttpHeaders: { 'User-Agent': 'x' },
      proxies: { default: {} },
      plugins: 5,
      credHelpers: null,
      credsStore: null,
    });
    expect(await lookUp('registry.example')).toEqual(['password', 'robot', 'x']);
  });

  it('is not misled by the name of a prototype', async () => {
    writeConfig('{"auths": {"__proto__": {"auth": "eDp5"}}, "credHelpers": {"constructor": "fake"}}');
    expect(await lookUp('registry.example')).toEqual(['none']);
  });
});

describe('lookUpDockerCredential, helpers', () => {
  it("asks the registry's own helper, then the one for all, then the file", async () => {
    installHelper('own', { 'own.example': 'a' });
    installHelper('store', { 'own.example': 'b', 'store.example': 'c' });
    writeConfig({
      credHelpers: { 'own.example': 'own', 'store.example': 'own', 'file.example': 'own' },
      credsStore: 'store',
      auths: {
        'own.example': { auth: base64('d:e') },
        'store.example': {},
        'file.example': { auth: base64('f:g') },
      },
    });
    expect(await lookUp('own.example')).toEqual(['password', 'a', 'from own']);
    expect(await lookUp('store.example')).toEqual(['password', 'c', 'from store']);
    expect(await lookUp('file.example')).toEqual(['password', 'f', 'g']);
    expect(await lookUp('unknown.example')).toEqual(['none']);
  });

  it('asks for Docker Hub by the key of docker login', async () => {
    installHelper('store', { 'https://index.docker.io/v1/': 'hub' });
    writeConfig({ credsStore: 'store' });
    expect(await lookUp('registry-1.docker.io')).toEqual(['password', 'hub', 'from store']);
  });

  it('runs no helper where the name of one is empty', async () => {
    writeConfig({
      credHelpers: { 'registry.example': '' },
      credsStore: '',
      auths: { 'registry.example': { auth: base64('a:b') } },
    });
    expect(await lookUp('registry.example')).toEqual(['password', 'a', 'b']);
  });

  it.each([
    ['missing', 'HELPER_MISSING'],
    ['../evil', 'HELPER_NAME_INVALID'],
  ])('fails where the helper is %s, although the file has an entry', async (credsStore, code) => {
    writeConfig({ credsStore, auths: { 'registry.example': { auth: base64('a:b') } } });
    expect((await failureOf('registry.example')).code).toBe(code);
  });

  it('asks anew each time, since helpers hand out tokens that expire', async () => {
    writeConfig({ credsStore: 'store' });
    installHelper('store', { 'registry.example': 'first' });
    expect(await lookUp('registry.example')).toEqual(['password', 'first', 'from store']);
    installHelper('store', { 'registry.example': 'second' });
    expect(await lookUp('registry.example')).toEqual(['password', 'second', 'from store']);
  });
});
