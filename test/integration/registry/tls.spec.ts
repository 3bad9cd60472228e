import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import { buffer } from 'node:stream/consumers';
import { Secret } from '../../../src/config/secret.ts';
import type { TlsConfiguration } from '../../../src/config/configuration.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import type { FakeTls } from '../../fakes/fake-http-server.ts';
import {
  isOpensslAvailable,
  makeTestCertificates,
  type TestCertificates,
} from '../../fakes/test-certificates.ts';
import { FakeTokenServer } from '../../fakes/fake-token-server.ts';
import { redirect } from '../../fakes/fake-faults.ts';
import { APP, BASIC_CREDENTIALS, PASSWORD, RegistryBench, USER, V1 } from './registry-bench.ts';
import { VirtualClock } from './virtual-clock.ts';

const bench = new RegistryBench();

afterEach(async () => {
  expect(await bench.close()).toEqual([]);
});

/** Without the program that makes certificates there is nothing to test with; Debian's base system has it. */
const describeWithOpenssl = isOpensslAvailable() ? describe : describe.skip;

describeWithOpenssl('a registry behind TLS', () => {
  let certificates: TestCertificates;

  beforeAll(async () => {
    certificates = await makeTestCertificates();
  });

  const trusting = (caPem: string): TlsConfiguration => ({ caPem, files: {} });

  const withClientCertificate = (): TlsConfiguration => ({
    caPem: certificates.authority,
    certificatePem: certificates.client.certificate,
    keyPem: new Secret(certificates.client.key),
    files: {},
  });

  const demanding = (): FakeTls => ({ ...certificates.server, clientAuthority: certificates.authority });

  it('is trusted by the authority that is configured', async () => {
    const registry = await bench.start({ tls: certificates.server });
    const client = bench.client(registry, { tls: trusting(certificates.authority) });

    await expect(client.ping()).resolves.toBeUndefined();
  });

  it.each<[string, (all: TestCertificates) => { server: FakeTls; tls: TlsConfiguration }]>([
    ['an authority that nobody knows', ({ server }) => ({ server, tls: { files: {} } })],
    ['another authority', ({ server, otherAuthority }) => ({ server, tls: trusting(otherAuthority) })],
    [
      'the name of another host',
      ({ wrongHost, authority }) => ({ server: wrongHost, tls: trusting(authority) }),
    ],
    ['an end in the past', ({ expired, authority }) => ({ server: expired, tls: trusting(authority) })],
  ])('is refused for a certificate of %s, and not asked twice', async (_what, sceneOf) => {
    const clock = new VirtualClock();
    const { server, tls } = sceneOf(certificates);
    const registry = await bench.start({ tls: server });

    await expect(bench.client(registry, { tls, clock }).ping()).rejects.toMatchObject({ code: 'TLS' });
    expect(clock.waits).toEqual([]);
    expect(registry.history.count()).toBe(0);
  });

  it('says which certificate is not trusted', async () => {
    const registry = await bench.start({ tls: certificates.server });

    await expect(bench.client(registry).ping()).rejects.toThrow(/UNABLE_TO_VERIFY|SELF_SIGNED|issuer/i);
  });

  it('is no registry in clear', async () => {
    const registry = await bench.start({ tls: certificates.server });
    const clear = { url: registry.url.replace('https:', 'http:') };
    const clock = new VirtualClock();

    await expect(bench.client(clear, { clock }).ping()).rejects.toMatchObject({ name: 'RegistryError' });
  });

  it('in clear is none behind TLS, and is not asked twice', async () => {
    const registry = await bench.start();
    const clock = new VirtualClock();
    const behind = { url: registry.url.replace('http:', 'https:') };

    await expect(bench.client(behind, { clock }).ping()).rejects.toMatchObject({ code: 'TLS' });
    expect(clock.waits).toEqual([]);
  });

  it('gets the client certificate that it asks for', async () => {
    const registry = await bench.start({ tls: demanding() });

    await expect(bench.client(registry, { tls: withClientCertificate() }).ping()).resolves.toBeUndefined();
  });

  it('refuses who has none', async () => {
    const registry = await bench.start({ tls: demanding() });
    const client = bench.client(registry, { tls: trusting(certificates.authority) });

    await expect(client.ping()).rejects.toMatchObject({ name: 'RegistryError' });
  });

  it('keeps the client certificate for itself: the storage behind it and its token endpoint see none', async () => {
    const tokens = new FakeTokenServer({ users: { [USER]: PASSWORD } });
    const stranger = await bench.start({ tls: demanding() });
    const registry = await bench.start({ tls: certificates.server, auth: { kind: 'bearer', tokens } });
    const digest = digestOf(Buffer.from(registry.storage.putBlob(APP, 'layer')));
    registry.faults.add({
      operation: 'get-blob',
      fault: redirect(`${stranger.url}/v2/${APP}/blobs/${digest}`),
    });
    const client = bench.client(registry, { tls: withClientCertificate(), credentials: BASIC_CREDENTIALS });

    await expect(client.blobs.get(APP, digest)).rejects.toMatchObject({ name: 'RegistryError' });
    expect(stranger.history.count()).toBe(0);
  });

  it('is followed to a storage behind TLS with the same trust', async () => {
    const registry = await bench.start({ tls: certificates.server, blobs: 'blob-origin' });
    registry.storage.putBlob(APP, 'layer');
    const client = bench.client(registry, { tls: withClientCertificate() });

    const { stream } = await client.blobs.get(APP, digestOf(Buffer.from('layer')));

    expect((await buffer(stream)).toString()).toBe('layer');
  });

  it('is not left for plain http', async () => {
    const clear = await bench.start();
    const registry = await bench.start({ tls: certificates.server });
    registry.faults.add({ operation: ['get-blob', 'head-tag'], fault: redirect(`${clear.url}/v2/`) });
    const client = bench.client(registry, { tls: trusting(certificates.authority) });

    await expect(client.manifests.resolve(APP, V1)).rejects.toMatchObject({ code: 'MALFORMED_RESPONSE' });
    expect(clear.history.count()).toBe(0);
  });
});
