import { afterEach, describe, expect, it } from '@jest/globals';

import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { digestOf, parseDigest } from '../../../src/oci/digest.ts';
import { RegistryClient } from '../../../src/registry/registry-client.ts';
import type { RegistryConnection } from '../../../src/registry/registry-connection.ts';
import type { Fault } from '../../fakes/fake-fault.ts';
import { jsonStatus, tooManyRequests } from '../../fakes/fake-faults.ts';
import type { FakeRegistry, FakeRegistryOptions } from '../../fakes/fake-registry.ts';
import { FakeTokenServer } from '../../fakes/fake-token-server.ts';
import { APP, BASIC_CREDENTIALS, PASSWORD, RegistryBench, USER, V1 } from './registry-bench.ts';
import { VirtualClock } from './virtual-clock.ts';

const bench = new RegistryBench();

afterEach(async () => {
  expect(await bench.close()).toEqual([]);
});

const KIB = 1024;

/** Gives up after 5 s of wall time, so that what never comes is told from what comes late. */
async function until(isSo: () => boolean): Promise<void> {
  const giveUpAt = performance.now() + 5000;
  while (!isSo() && performance.now() < giveUpAt) await new Promise((resolve) => setImmediate(resolve));
  expect(isSo()).toBe(true);
}

interface Scene {
  readonly registry: FakeRegistry;
  readonly connection: RegistryConnection;
  readonly clock: VirtualClock;
  readonly client: RegistryClient;
  readonly cancel: () => void;
}

/** Time stands still: what waits, waits until it is cancelled. */
async function openScene(options: FakeRegistryOptions = {}, concurrency = 16): Promise<Scene> {
  const clock = new VirtualClock('stopped');
  const registry = await bench.start(options);
  const controller = new AbortController();
  const limits = { concurrency, bytesPerSecond: 1024 * 1024 };
  const connection = bench.connection(registry.url, { clock, limits, credentials: BASIC_CREDENTIALS });
  const client = new RegistryClient(connection, controller.signal);
  return { registry, connection, clock, client, cancel: () => controller.abort(new Error('stop')) };
}

/** Nothing goes on in the back: no wait, no request, no connection. */
async function expectQuiet({ registry, connection, clock }: Scene): Promise<void> {
  expect(clock.asleep).toBe(0);
  connection.close();
  await until(() => registry.history.inFlight() === 0);
  await until(() => registry.openConnections() === 0);
}

describe('a cancelled cycle', () => {
  it('sends nothing more', async () => {
    const scene = await openScene();
    scene.cancel();

    await expect(scene.client.ping()).rejects.toMatchObject({ name: 'RegistryError', code: 'CANCELLED' });
    await expect(scene.client.manifests.deleteTag(APP, V1)).rejects.toMatchObject({ code: 'CANCELLED' });
    await wait(30);
    expect(scene.registry.history.count()).toBe(0);
    await expectQuiet(scene);
  });

  it('ends a request that waits for its answer', async () => {
    const scene = await openScene();
    scene.registry.faults.add({ fault: { kind: 'stall' } });
    const ping = scene.client.ping();
    await until(() => scene.registry.history.inFlight() === 1);

    scene.cancel();

    await expect(ping).rejects.toMatchObject({ code: 'CANCELLED' });
    await expectQuiet(scene);
  });

  it.each<[string, Fault]>([
    ['after an answer that asks for patience', tooManyRequests('60')],
    ['between two attempts', jsonStatus(500, 'UNKNOWN')],
  ])('ends a request that waits %s, and all that wait for the same host', async (_where, fault) => {
    const scene = await openScene();
    scene.registry.faults.add({ fault });
    const requests = Array.from({ length: 5 }, () => scene.client.ping());
    await until(() => scene.clock.asleep === 5);

    scene.cancel();

    const settled = await Promise.allSettled(requests);
    for (const each of settled) expect(each).toMatchObject({ reason: { code: 'CANCELLED' } });
    await expectQuiet(scene);
  });

  it('ends requests that wait for a place', async () => {
    const scene = await openScene({}, 1);
    scene.registry.faults.add({ fault: { kind: 'stall' } });
    const requests = Array.from({ length: 5 }, () => scene.client.ping());
    await until(() => scene.registry.history.inFlight() === 1);

    scene.cancel();

    const settled = await Promise.allSettled(requests);
    for (const each of settled) expect(each).toMatchObject({ reason: { code: 'CANCELLED' } });
    expect(scene.registry.history.count()).toBe(1);
    await expectQuiet(scene);
  });

  it.each<[string, Fault]>([
    ['that does not answer', { kind: 'stall' }],
    ['that is out of order', jsonStatus(503, 'UNAVAILABLE')],
  ])('ends a request that waits for a token endpoint %s', async (_which, fault) => {
    const tokens = new FakeTokenServer({ users: { [USER]: PASSWORD } });
    const scene = await openScene({ auth: { kind: 'bearer', tokens } });
    const { history } = scene.registry;
    scene.registry.faults.add({ operation: 'get-token', fault });
    const listing = scene.client.listTags(APP);
    await until(() => scene.clock.asleep === 1 || (fault.kind === 'stall' && history.inFlight() === 1));
    await until(() => history.count({ operation: 'get-token' }) === 1);

    scene.cancel();

    await expect(listing).rejects.toMatchObject({ code: 'CANCELLED' });
    scene.connection.close();
    await until(() => scene.clock.asleep === 0);
    await expectQuiet(scene);
  });

  it('leaves a token alone that another cycle waits for', async () => {
    const tokens = new FakeTokenServer({ users: { [USER]: PASSWORD } });
    const scene = await openScene({ auth: { kind: 'bearer', tokens } });
    scene.registry.storage.putManifest(APP, V1, '{}', 'application/json');
    let release: () => void = () => undefined;
    const hold = new Promise<void>((resolve) => {
      release = resolve;
    });
    scene.registry.faults.add({ operation: 'get-token', fault: { kind: 'hold', until: hold } });
    const other = new RegistryClient(scene.connection).listTags(APP);
    const cancelled = scene.client.listTags(APP);
    await until(() => scene.registry.history.count({ operation: 'list-tags' }) === 2);
    await until(() => scene.registry.history.count({ operation: 'get-token' }) === 1);

    scene.cancel();
    await expect(cancelled).rejects.toMatchObject({ code: 'CANCELLED' });
    release();

    await expect(other).resolves.toMatchObject({ names: ['v1'] });
  });

  it('ends a blob in the middle', async () => {
    const scene = await openScene();
    const digest = parseDigest(scene.registry.storage.putGeneratedBlob(APP, 8 * 1024 * KIB));
    const { stream } = await scene.client.blobs.get(APP, digest);
    const reading = buffer(stream);
    await until(() => scene.clock.asleep === 1);

    scene.cancel();

    await expect(reading).rejects.toMatchObject({ name: 'RegistryError', code: 'CANCELLED' });
    await expectQuiet(scene);
  });

  it('ends a blob whose registry has stopped sending', async () => {
    const scene = await openScene();
    const digest = parseDigest(scene.registry.storage.putBlob(APP, 'a layer'));
    const stall: Fault = { kind: 'cut-body', framing: 'length', afterBytes: 3, end: 'stall' };
    scene.registry.faults.add({ operation: 'get-blob', fault: stall });
    const { stream } = await scene.client.blobs.get(APP, digest);
    const reading = buffer(stream);

    scene.cancel();

    await expect(reading).rejects.toMatchObject({ code: 'CANCELLED' });
    await expectQuiet(scene);
  });

  it('ends an upload in the middle, and lets go of its source', async () => {
    const scene = await openScene();
    const session = await scene.client.blobs.startUpload(APP);
    const slot = await scene.client.blobs.reserveSlot();
    const source = new Readable({
      highWaterMark: 64 * KIB,
      read() {
        this.push(Buffer.alloc(64 * KIB));
      },
    });
    const body = { sizeBytes: 1024 * 1024 * KIB, open: () => Promise.resolve(source) };
    const upload = scene.client.blobs.upload(session, digestOf(Buffer.from('x')), { body, slot });
    await until(() => scene.clock.asleep === 1);

    scene.cancel();

    await expect(upload).rejects.toMatchObject({ code: 'CANCELLED' });
    await until(() => source.destroyed);
    await expectQuiet(scene);
  });

  it('waits no longer before it tries an upload again', async () => {
    const scene = await openScene();
    const waiting = scene.client.blobs.waitBeforeRetry(3);

    scene.cancel();

    await expect(waiting).rejects.toMatchObject({ name: 'RegistryError', code: 'CANCELLED' });
    await expectQuiet(scene);
  });
});
