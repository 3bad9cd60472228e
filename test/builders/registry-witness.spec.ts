import { rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';

import { afterEach, describe, expect, it } from '@jest/globals';

import { registryForTests } from '../registries/registry-for-tests.ts';
import type { RunningRegistry } from '../registries/registry-provider.ts';
import { ociIndex } from './index-content.ts';
import { findPullProblems } from './pull-witness.ts';
import { newBlobLedger, pushContent } from './push-content.ts';
import { listTags, readTagMap } from './registry-witness.ts';

let server: Server | undefined;
let registry: RunningRegistry | undefined;

afterEach(async () => {
  server?.close();
  server?.closeAllConnections();
  server = undefined;
  await registry?.stop();
  registry = undefined;
});

/** A server that answers each path with a status, a Link and a body. */
async function serve(
  answers: Readonly<Record<string, { status?: number; link?: string; body: string }>>,
): Promise<string> {
  server = createServer((request, response) => {
    const { status = 200, link, body } = answers[request.url ?? ''] ?? { status: 404, body: 'no such page' };
    response.writeHead(status, link === undefined ? {} : { link });
    response.end(body);
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
}

describe('the witness of what a registry holds', () => {
  it('follows links to the last page', async () => {
    const url = await serve({
      '/v2/a/tags/list': { link: '</v2/a/tags/list?last=v1>; rel="next"', body: '{"tags":["v1"]}' },
      '/v2/a/tags/list?last=v1': { link: '</v2/a/tags/list?last=v2>; rel="next"', body: '{"tags":["v2"]}' },
      '/v2/a/tags/list?last=v2': { body: '{"tags":["__proto__"]}' },
    });

    expect(await listTags(url, 'a')).toEqual(['v1', 'v2', '__proto__']);
  });

  it.each([
    ['null for tags', { status: 200, body: '{"name":"a","tags":null}' }],
    ['a repository that is unknown', { status: 404, body: '{"errors":[{"code":"NAME_UNKNOWN"}]}' }],
  ])('reads %s as no tags', async (_title, answer) => {
    expect(await readTagMap(await serve({ '/v2/a/tags/list': answer }), 'a')).toEqual(new Map());
  });

  it.each([
    ['a page that is no registry answer', { status: 404, body: '<html>not found</html>' }],
    ['a server error', { status: 500, body: '' }],
    ['half a document', { status: 200, body: '{"tags":["v1",' }],
  ])('throws for %s', async (_title, answer) => {
    await expect(readTagMap(await serve({ '/v2/a/tags/list': answer }), 'a')).rejects.toThrow(/404|500|JSON/);
  });
});

const real = await registryForTests('distribution2');
(real.isAvailable ? describe : describe.skip)(real.titleOf('the witness of a pull'), () => {
  const dataOf = (running: RunningRegistry, digest: string): string => {
    const hex = digest.slice('sha256:'.length);
    return join(running.storageDirectory, 'docker/registry/v2/blobs/sha256', hex.slice(0, 2), hex, 'data');
  };

  it('finds a lost blob, a lost child and bytes that were changed on disk', async () => {
    registry = await real.provider.start();
    const content = ociIndex('witness/damaged');
    const [firstBlob, secondBlob] = content.blobs;
    const [, secondChild] = content.manifests;
    await pushContent(registry, 'team/app', content, { tag: 'v1' });
    expect(await findPullProblems(registry, 'team/app', 'v1', 'content')).toEqual([]);

    await rm(dataOf(registry, firstBlob!.digest));
    await rm(dataOf(registry, secondChild!.digest));
    await writeFile(dataOf(registry, secondBlob!.digest), Buffer.alloc(secondBlob!.bytes.length));
    // The running registry remembers in memory what it had.
    await registry.restart();

    expect(await findPullProblems(registry, 'team/app', 'v1', 'content')).toEqual([
      { digest: firstBlob!.digest, problem: 'missing blob' },
      { digest: secondBlob!.digest, problem: 'other bytes' },
      { digest: secondChild!.digest, problem: 'missing manifest' },
    ]);
    expect(await findPullProblems(registry, 'team/app', 'v1', 'presence')).not.toContainEqual({
      digest: secondBlob!.digest,
      problem: 'other bytes',
    });
  });

  it('mounts a blob that the ledger knows elsewhere', async () => {
    registry = await real.provider.start();
    const content = ociIndex('witness/mounted');
    const ledger = newBlobLedger();
    await Promise.all(
      ['one', 'two', 'three'].map((name) =>
        pushContent(registry!, `team/${name}`, content, { tag: 'v1', ledger }),
      ),
    );
    const problems = ['one', 'two', 'three'].map((name) =>
      findPullProblems(registry!, `team/${name}`, 'v1', 'content'),
    );

    expect((await Promise.all(problems)).flat()).toEqual([]);
  });
});
