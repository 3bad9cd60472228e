import { afterEach, describe, expect, it } from '@jest/globals';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import { type FakeTls } from './fake-http-server.ts';
import { FakeRegistry } from './fake-registry.ts';
import { isOpensslAvailable, makeTestCertificates, type TestCertificates } from './test-certificates.ts';

let registry: FakeRegistry;

afterEach(async () => {
  await registry.stop();
  expect(registry.defects).toEqual([]);
});

/** The status of a request over TLS, or the code of its failure. */
function get(options: RequestOptions): Promise<string> {
  return new Promise((resolve) => {
    const asked = httpsRequest(`${registry.url}/v2/`, { agent: false, ...options }, (answer) => {
      answer.resume();
      resolve(String(answer.statusCode));
    });
    asked.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    asked.end();
  });
}

const describeTls = isOpensslAvailable() ? describe : describe.skip;

describeTls(`TLS${isOpensslAvailable() ? '' : ' (skipped: there is no openssl program)'}`, () => {
  it.each<[string, (made: TestCertificates) => FakeTls, (made: TestCertificates) => RequestOptions, RegExp]>([
    [
      'serves a client that trusts its authority',
      (made) => made.server,
      (made) => ({ ca: made.authority }),
      /^200$/,
    ],
    [
      'fails for a client that trusts another',
      (made) => made.server,
      (made) => ({ ca: made.otherAuthority }),
      /VERIFY|SELF_SIGNED|UNABLE/,
    ],
    [
      'fails under a name it is not for',
      (made) => made.wrongHost,
      (made) => ({ ca: made.authority }),
      /ALTNAME/,
    ],
    ['fails past its time', (made) => made.expired, (made) => ({ ca: made.authority }), /EXPIRED/],
    [
      'refuses a client without a certificate',
      (made) => ({ ...made.server, clientAuthority: made.authority }),
      (made) => ({ ca: made.authority }),
      /CERTIFICATE_REQUIRED|ECONNRESET|EPROTO/,
    ],
    [
      'serves a client with a certificate',
      (made) => ({ ...made.server, clientAuthority: made.authority }),
      (made) => ({ ca: made.authority, cert: made.client.certificate, key: made.client.key }),
      /^200$/,
    ],
  ])('%s', async (_name, tlsOf, clientOf, expected) => {
    const made = await makeTestCertificates();
    registry = await FakeRegistry.start({ tls: tlsOf(made) });
    expect(await get(clientOf(made))).toMatch(expected);
  });

  it('can reset a connection under TLS', async () => {
    const made = await makeTestCertificates();
    registry = await FakeRegistry.start({ tls: made.server });
    registry.faults.add({ fault: { kind: 'reset' } });
    expect(await get({ ca: made.authority })).toBe('ECONNRESET');
  });
});
