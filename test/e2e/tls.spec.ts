import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { ociImage } from '../builders/image-content.ts';
import { pushContent } from '../builders/push-content.ts';
import { createLoopbackCertificate } from '../registries/loopback-certificate.ts';
import { registryForTests } from '../registries/registry-for-tests.ts';
import { runCommandLine, runForReport, type ReportedResult } from './command-line.ts';
import { between, startPair, type RegistryPair } from './registry-pair.ts';
import { linkOf } from './report-document.ts';
import { WorkDirectory } from './work-directory.ts';

const real = await registryForTests();
const describeReal = real.isAvailable ? describe : describe.skip;

describeReal(real.titleOf('a registry with a certificate of its own authority'), () => {
  let pair: RegistryPair;
  let directory: WorkDirectory;

  beforeAll(async () => {
    directory = await WorkDirectory.create();
    const certificate = createLoopbackCertificate();
    pair = await startPair(real.provider, { primary: { tls: certificate } });
    await directory.write('right.pem', certificate.certificate);
    await directory.write('wrong.pem', createLoopbackCertificate().certificate);
    await pushContent(pair.primary, 'team/app', ociImage('tls'), { tag: 'v1' });
  });

  afterAll(async () => {
    await Promise.all([pair.stop(), directory.remove()]);
  });

  async function planWith(authority: string): Promise<ReportedResult> {
    const config = await directory.write(
      'geo.yaml',
      `registries:
  eu: { url: "${pair.primary.url}", tls: { ca: ${authority} } }
  us: { url: "${pair.secondary.url}" }
links:
  - { name: eu-to-us, primary: eu, secondaries: [us] }
database: { directory: ${directory.path}/unused }
`,
    );
    return await runForReport(['plan', '--config', config]);
  }

  it('is read with its authority in the configuration', async () => {
    const { exitCode, report } = await planWith('right.pem');

    expect(exitCode).toBe(3);
    expect(linkOf(report).repositories.map(({ steps }) => steps.length)).toEqual([1]);
  });

  it('is not read with another authority: exit 4, TLS', async () => {
    const { exitCode, report } = await planWith('wrong.pem');

    expect(exitCode).toBe(4);
    expect(linkOf(report)).toMatchObject({ primary: 'eu', outcome: 'failed', reason: 'TLS' });
  });

  it('is not read by an ad-hoc run that knows no authority, and says so at once', async () => {
    const { exitCode, stdout, stderr } = await runCommandLine([
      'sync',
      ...between(pair.primary, pair.secondary),
    ]);

    expect(exitCode).toBe(4);
    expect(stdout).toContain('the primary could not be read (TLS)');
    expect(stdout).toContain('1 to the primary');
    expect(stderr).not.toContain('Warning');
  });

  it('is trusted by an ad-hoc run for an authority in NODE_EXTRA_CA_CERTS', async () => {
    const { exitCode } = await runCommandLine(['plan', ...between(pair.primary, pair.secondary)], {
      environment: { NODE_EXTRA_CA_CERTS: `${directory.path}/right.pem` },
    });

    expect(exitCode).toBe(3);
  });

  it('answers with 4 to plain http spoken to it', async () => {
    const plain = { url: pair.primary.url.replace('https:', 'http:') };
    const { exitCode, report } = await runForReport(['sync', ...between(plain, pair.secondary)]);

    expect(exitCode).toBe(4);
    expect(linkOf(report).message).toContain('primary: ');
  });
});
