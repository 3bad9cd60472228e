import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { ociImage } from '../builders/image-content.ts';
import { pushContent } from '../builders/push-content.ts';
import { readTagMap } from '../builders/registry-witness.ts';
import { FIRST_PASSWORD, SECOND_PASSWORD } from '../registries/htpasswd.ts';
import { registryForTests } from '../registries/registry-for-tests.ts';
import { runCommandLine, runForReport } from './command-line.ts';
import { between, startPair, type RegistryPair } from './registry-pair.ts';
import { linkOf } from './report-document.ts';
import { WorkDirectory } from './work-directory.ts';

const real = await registryForTests();
const describeReal = real.isAvailable ? describe : describe.skip;

const WRONG_PASSWORD = 'sesame-not-this-one';
const secrets = [FIRST_PASSWORD, SECOND_PASSWORD, WRONG_PASSWORD].flatMap((password) => [
  password,
  Buffer.from(`sync:${password}`).toString('base64'),
]);

/** What of the secrets stands in a text. */
function secretsIn(...texts: readonly string[]): string[] {
  return secrets.filter((secret) => texts.some((text) => text.includes(secret)));
}

describeReal(real.titleOf('registries that want a user name and a password'), () => {
  let pair: RegistryPair;
  let directory: WorkDirectory;

  beforeAll(async () => {
    pair = await startPair(real.provider, {
      primary: { auth: { username: 'sync', password: FIRST_PASSWORD } },
      secondary: { auth: { username: 'sync', password: SECOND_PASSWORD } },
    });
    directory = await WorkDirectory.create();
  });

  afterAll(async () => {
    await Promise.all([pair.stop(), directory.remove()]);
  });

  /** A configuration with one link; the primary's password comes from a variable, the secondary's from a file. */
  async function configure(repository: string): Promise<string> {
    await directory.write('secondary-password', `${SECOND_PASSWORD}\n`);
    return await directory.write(
      'geo.yaml',
      `registries:
  eu: { url: "${pair.primary.url}", credentials: { username: sync, password: { env: EU_PASSWORD } } }
  us: { url: "${pair.secondary.url}", credentials: { username: sync, password: { file: secondary-password } } }
links:
  - { name: eu-to-us, primary: eu, secondaries: [us], repositories: { include: ["${repository}"] } }
database: { directory: ${directory.path}/unused }
`,
    );
  }

  /** What `docker login` writes. */
  async function logIn(passwords: { readonly primary: string; readonly secondary: string }): Promise<string> {
    const auths = {
      [new URL(pair.primary.url).host]: {
        auth: Buffer.from(`sync:${passwords.primary}`).toString('base64'),
      },
      [new URL(pair.secondary.url).host]: {
        auth: Buffer.from(`sync:${passwords.secondary}`).toString('base64'),
      },
    };
    await directory.write('config.json', JSON.stringify({ auths }));
    return directory.path;
  }

  it('uses the credentials of a configuration file, from a variable and from a file', async () => {
    const image = ociImage('configured/app');
    await pushContent(pair.primary, 'configured/app', image, { tag: 'v1' });
    const config = await configure('configured/app');
    const environment = { EU_PASSWORD: FIRST_PASSWORD };
    const planned = await runForReport(['plan', '--config', config], { environment });
    const verified = await runForReport(['verify', '--config', config], { environment });

    expect(planned.exitCode).toBe(3);
    expect(linkOf(planned.report)).toMatchObject({ link: 'eu-to-us', primary: 'eu', secondary: 'us' });
    expect(verified.exitCode).toBe(1);
    expect(secretsIn(planned.stdout, planned.stderr, verified.stdout, verified.stderr)).toEqual([]);
  });

  it('uses the credentials of docker login', async () => {
    const image = ociImage('docker/app');
    await pushContent(pair.primary, 'docker/app', image, { tag: 'v1' });
    const DOCKER_CONFIG = await logIn({ primary: FIRST_PASSWORD, secondary: SECOND_PASSWORD });
    const { exitCode, stdout, stderr } = await runForReport(
      ['sync', ...between(pair.primary, pair.secondary), '--repository', 'docker/app'],
      { environment: { DOCKER_CONFIG } },
    );

    expect(exitCode).toBe(0);
    expect(await readTagMap(pair.secondary, 'docker/app')).toEqual(new Map([['v1', image.root.digest]]));
    expect(secretsIn(stdout, stderr)).toEqual([]);
  });

  it.each([
    { side: 'primary', passwords: { primary: WRONG_PASSWORD, secondary: SECOND_PASSWORD } },
    { side: 'secondary', passwords: { primary: FIRST_PASSWORD, secondary: WRONG_PASSWORD } },
  ])('answers with 4 to a wrong password of the $side, and shows it nowhere', async ({ side, passwords }) => {
    const DOCKER_CONFIG = await logIn(passwords);
    const command = ['sync', ...between(pair.primary, pair.secondary)];
    const [json, text] = await Promise.all([
      runForReport(command, { environment: { DOCKER_CONFIG } }),
      runCommandLine(command, { environment: { DOCKER_CONFIG } }),
    ]);

    expect([json.exitCode, text.exitCode]).toEqual([4, 4]);
    expect(linkOf(json.report)).toMatchObject({ outcome: 'failed', reason: 'UNAUTHORIZED' });
    expect(linkOf(json.report).message?.startsWith(`${side}: `)).toBe(true);
    expect(text.stdout).toContain('UNAUTHORIZED');
    expect(secretsIn(json.stdout, json.stderr, text.stdout, text.stderr)).toEqual([]);
  });

  it('answers with 4 where a registry wants credentials and none are known', async () => {
    const { exitCode, report } = await runForReport(['sync', ...between(pair.primary, pair.secondary)]);

    expect(exitCode).toBe(4);
    expect(linkOf(report).reason).toBe('UNAUTHORIZED');
  });

  it('prints the configuration without a secret', async () => {
    const config = await configure('configured/app');
    const { exitCode, stdout, stderr } = await runCommandLine(['config', 'print', '--config', config], {
      environment: { EU_PASSWORD: FIRST_PASSWORD },
    });

    expect(exitCode).toBe(0);
    expect(stdout).toContain('username: sync');
    expect(secretsIn(stdout, stderr)).toEqual([]);
  });

  it('refuses user information in a URL, without repeating it', async () => {
    const withPassword = pair.primary.url.replace('//', `//sync:${WRONG_PASSWORD}@`);
    const { exitCode, stdout, stderr } = await runCommandLine([
      ...['sync', '--primary', withPassword, '--secondary', pair.secondary.url],
    ]);

    expect(exitCode).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain('--primary');
    expect(secretsIn(stderr)).toEqual([]);
  });
});
