import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterEach, describe, expect, it } from '@jest/globals';

import { dockerImage, ociImage } from '../builders/image-content.ts';
import { ociIndex } from '../builders/index-content.ts';
import { deleteManifest, deleteTag, pushContent } from '../builders/push-content.ts';
import { sendRequest } from '../builders/registry-request.ts';
import { hasBlob, listRepositories, readManifest, readTagMap } from '../builders/registry-witness.ts';
import { findRegistryProvider } from './find-registry-provider.ts';
import { FIRST_PASSWORD, SECOND_PASSWORD, basicAuthorization } from './htpasswd.ts';
import { createLoopbackCertificate } from './loopback-certificate.ts';
import { NoRealRegistryError } from './no-real-registry-error.ts';
import { registryForTests } from './registry-for-tests.ts';
import type { RegistryOptions, RunningRegistry } from './registry-provider.ts';

const real = await registryForTests();
const describeReal = real.isAvailable ? describe : describe.skip;
const isProcess = real.isAvailable && real.provider.origin !== 'docker';
const describeProcess = isProcess ? describe : describe.skip;

const started: RunningRegistry[] = [];

async function start(options: RegistryOptions = {}): Promise<RunningRegistry> {
  const registry = await real.provider.start(options);
  started.push(registry);
  return registry;
}

interface EventListener {
  readonly port: number;
  readonly firstEvent: Promise<{ readonly authorization: string | undefined; readonly body: string }>;
  readonly close: () => void;
}

async function listenForEvent(): Promise<EventListener> {
  const server = createServer();
  const firstEvent = new Promise<{ authorization: string | undefined; body: string }>((resolve) => {
    server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        response.end();
        const body = Buffer.concat(chunks).toString('utf8');
        resolve({ authorization: request.headers.authorization, body });
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    port,
    firstEvent,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Waits without a limit of its own: a file that stays runs the test into jest's. */
async function untilGone(...files: readonly string[]): Promise<void> {
  while (files.some((file) => existsSync(file))) await sleep(10);
}

afterEach(async () => {
  await Promise.all(started.splice(0).map((registry) => registry.stop()));
});

describeReal(real.titleOf('a real registry'), () => {
  it('takes content and gives the same bytes back', async () => {
    const registry = await start();
    const index = ociIndex('harness/index');
    const image = dockerImage('harness/docker');
    await pushContent(registry, 'team/app', index, { tag: 'v1' });
    await pushContent(registry, 'team/app', image, { tag: 'v2' });

    expect(await listRepositories(registry)).toEqual(['team/app']);
    expect(await readTagMap(registry, 'team/app')).toEqual(
      new Map([
        ['v1', index.root.digest],
        ['v2', image.root.digest],
      ]),
    );
    const readBack = await readManifest(registry, 'team/app', 'v1');
    expect(readBack?.bytes.equals(index.root.bytes)).toBe(true);
  });

  it('keeps two registries apart', async () => {
    const [first, second] = await Promise.all([start(), start()]);
    await pushContent(first, 'only/here', ociImage('harness/apart'), { tag: 'v1' });

    expect(first.url).not.toBe(second.url);
    expect(await listRepositories(second)).toEqual([]);
  });

  it('leaves nothing behind after a stop', async () => {
    const registry = await start();
    const { url, storageDirectory, logFile } = registry;
    await registry.stop();

    expect(existsSync(storageDirectory)).toBe(false);
    expect(existsSync(dirname(logFile))).toBe(false);
    expect(registry.processId).toBeUndefined();
    await expect(sendRequest(url, { method: 'GET', path: '/v2/' })).rejects.toThrow('ECONNREFUSED');
  });

  it('comes back on the same address with its content after it was killed', async () => {
    const registry = await start();
    const { url } = registry;
    const image = ociImage('harness/killed');
    await pushContent(registry, 'team/app', image, { tag: 'v1' });
    await registry.kill();
    await registry.restart();

    expect(registry.url).toBe(url);
    expect(await readTagMap(registry, 'team/app')).toEqual(new Map([['v1', image.root.digest]]));
  });

  it('answers after a pause what was asked during it', async () => {
    const registry = await start();
    await pushContent(registry, 'team/app', ociImage('harness/paused'), { tag: 'v1' });
    await registry.suspend();
    const answer = readTagMap(registry, 'team/app');
    await registry.resume();

    expect([...(await answer).keys()]).toEqual(['v1']);
  });

  it('refuses deletes when they are disabled', async () => {
    const registry = await start({ deletes: 'disabled' });
    const image = ociImage('harness/undeletable');
    await pushContent(registry, 'team/app', image, { tag: 'v1' });

    await expect(deleteManifest(registry, 'team/app', image.root.digest)).rejects.toMatchObject({
      status: 405,
    });
  });

  it('refuses writes when it was restarted read-only', async () => {
    const registry = await start();
    const image = ociImage('harness/read-only');
    await pushContent(registry, 'team/app', image, { tag: 'v1' });
    await registry.restart({ access: 'readOnly' });

    await expect(pushContent(registry, 'team/app', image, { tag: 'v2' })).rejects.toMatchObject({
      status: 405,
    });
    expect([...(await readTagMap(registry, 'team/app')).keys()]).toEqual(['v1']);
  });

  it('lets nobody in without the password', async () => {
    const registry = await start({ auth: { username: 'sync', password: FIRST_PASSWORD } });
    const statusWith = async (authorization: string | undefined): Promise<number> => {
      const response = await sendRequest(
        { url: registry.url, authorization },
        { method: 'GET', path: '/v2/' },
      );
      return response.status;
    };

    expect(await statusWith(undefined)).toBe(401);
    expect(await statusWith(basicAuthorization('sync', SECOND_PASSWORD))).toBe(401);
    expect(await statusWith(registry.authorization)).toBe(200);
  });

  it('speaks TLS with a certificate of its own', async () => {
    const registry = await start({ tls: createLoopbackCertificate() });
    const image = ociImage('harness/tls');
    await pushContent(registry, 'team/app', image, { tag: 'v1' });

    expect(registry.url).toMatch(/^https:/);
    expect(await readTagMap(registry, 'team/app')).toEqual(new Map([['v1', image.root.digest]]));
    await expect(sendRequest(registry.url, { method: 'GET', path: '/v2/' })).rejects.toThrow('self-signed');
  });

  it('announces a push to the given address with the given token', async () => {
    const { port, firstEvent, close } = await listenForEvent();
    const registry = await start({
      notifications: { url: `http://127.0.0.1:${port}/hook`, token: 'a test token' },
    });
    await pushContent(registry, 'team/app', ociImage('harness/event'), { tag: 'v1' });
    const event = await firstEvent;
    close();

    expect(event.authorization).toBe('Bearer a test token');
    expect(event.body).toContain('"repository": "team/app"');
  });

  it('collects the blobs of a deleted manifest', async () => {
    const registry = await start();
    const image = ociImage('harness/garbage');
    const [blob] = image.blobs;
    await pushContent(registry, 'team/app', image, { tag: 'v1' });
    await deleteManifest(registry, 'team/app', image.root.digest);
    await registry.collectGarbage('keep');
    // A running registry remembers in memory that it had the blob.
    await registry.restart();

    expect(await hasBlob(registry, 'team/app', blob!.digest)).toBe(false);
  });

  it('takes a fragment of configuration over its own', async () => {
    const registry = await start({ extraConfiguration: { storage: { delete: { enabled: false } } } });
    const image = ociImage('harness/fragment');
    await pushContent(registry, 'team/app', image, { tag: 'v1' });

    await expect(deleteManifest(registry, 'team/app', image.root.digest)).rejects.toMatchObject({
      status: 405,
    });
  });
});

describeProcess(real.titleOf('a real registry as a process'), () => {
  it('says in the error what the registry complained about', async () => {
    const starting = start({ extraConfiguration: { version: 'no such version' } });

    await expect(starting).rejects.toThrow('no such version');
  });

  it('dies with the process that started it, however that dies', async () => {
    const script = `
      import { findRegistryProvider } from ${JSON.stringify(join(import.meta.dirname, 'find-registry-provider.ts'))};
      const registry = await (await findRegistryProvider()).start();
      console.log(registry.processId + ' ' + registry.logFile);
      process.kill(process.pid, 'SIGKILL');
    `;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: process.env,
    });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    const signal = await new Promise((resolve) => child.once('close', (_code, name) => resolve(name)));
    const [processId = '', logFile = ''] = Buffer.concat(chunks).toString('utf8').trim().split(' ');

    expect(signal).toBe('SIGKILL');
    expect(Number(processId)).toBeGreaterThan(1);
    // Its guard needs a moment to notice.
    await untilGone(`/proc/${processId}`, logFile);
  });
});

const second = await registryForTests('distribution2');
(second.isAvailable ? describe : describe.skip)(second.titleOf('distribution 2'), () => {
  it('refuses to delete a tag by name', async () => {
    const registry = await second.provider.start();
    started.push(registry);
    await pushContent(registry, 'team/app', ociImage('harness/two'), { tag: 'v1' });

    await expect(deleteTag(registry, 'team/app', 'v1')).rejects.toMatchObject({
      status: 400,
      code: 'DIGEST_INVALID',
    });
  });
});

const third = await registryForTests('distribution3');
(third.isAvailable ? describe : describe.skip)(third.titleOf('distribution 3'), () => {
  it('deletes one tag by name and leaves its sibling', async () => {
    const registry = await third.provider.start();
    started.push(registry);
    const image = ociImage('harness/three');
    await pushContent(registry, 'team/app', image, { tag: 'v1' });
    await pushContent(registry, 'team/app', image, { tag: 'v2' });
    await deleteTag(registry, 'team/app', 'v1');

    expect(await readTagMap(registry, 'team/app')).toEqual(new Map([['v2', image.root.digest]]));
  });
});

describe('the search for a registry', () => {
  it('names every origin that was tried and why it failed', async () => {
    const path = process.env.PATH;
    process.env.PATH = '';
    const searching = findRegistryProvider('zot', { origins: ['path', 'package', 'go'] });
    const outcome = await searching.catch((error: unknown) => error);
    process.env.PATH = path;

    expect(outcome).toBeInstanceOf(NoRealRegistryError);
    expect(String(outcome)).toMatch(/a binary on PATH: no zot there.*Debian package docker-registry: .*Go: /);
  });
});
