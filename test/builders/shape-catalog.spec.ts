import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { registryForTests } from '../registries/registry-for-tests.ts';
import type { RunningRegistry } from '../registries/registry-provider.ts';
import { digestOf } from './built-content.ts';
import { oddTags } from './odd-tags.ts';
import { findPullProblems } from './pull-witness.ts';
import { pushContent } from './push-content.ts';
import { readManifest, readTagMap } from './registry-witness.ts';
import { everydayShapes, permissiveConfiguration, shapeCatalog } from './shape-catalog.ts';
import { ociImage } from './image-content.ts';

function algorithmOf(digest: string): 'sha256' | 'sha512' {
  return digest.startsWith('sha512:') ? 'sha512' : 'sha256';
}

const validTag = /^\w[\w.-]{0,127}$/;

describe('the shapes of content', () => {
  it.each(shapeCatalog)(
    'builds equal bytes from equal seeds and other bytes from others: $name',
    ({ build }) => {
      const digest = build('one').root.digest;

      expect(build('one').root.digest).toBe(digest);
      expect(build('one').root.bytes.equals(build('one').root.bytes)).toBe(true);
      expect(build('two').root.digest).not.toBe(digest);
    },
  );

  it.each(shapeCatalog.filter((shape) => shape.name !== 'schema1-image'))(
    'names every part by the hash of its bytes, root last: $name',
    ({ build }) => {
      const content = build('parts');
      const parts = [...content.blobs, ...content.manifests, ...content.tags.map((tag) => tag.manifest)];

      expect(parts.map((part) => part.digest)).toEqual(
        parts.map((part) => digestOf(part.bytes, algorithmOf(part.digest))),
      );
      expect(content.manifests.at(-1)).toBe(content.root);
    },
  );

  // Digests as first built; another version of Node, zlib or OpenSSL must not change them.
  it.each([
    ['oci-image', 'sha256:0a404431b15b106bc223d0f063b4226580a3aeb1130551f6794db25ef6e8e7b7'],
    ['oci-index', 'sha256:4c4f37eebd1b14ab28eb89c53937e481d277d851da20c3ad05cc19156fdbfab7'],
    ['docker-manifest-list', 'sha256:2f5b0bfe2495d0b57667ef82ab4db90b0bb341219e20bad0ca7dc25e19eedf98'],
    ['schema1-image', 'sha256:3ed71b3ada1d8373b592a55c0a3a1eda98a378d1745dd76fe1939dbc5c316e85'],
  ])('builds %s byte for byte as on any other machine', (name, digest) => {
    const shape = shapeCatalog.find((candidate) => candidate.name === name);

    expect(digestOf(shape!.build('golden').root.bytes)).toBe(digest);
  });

  it('has names that can be tags, each once', () => {
    const names = shapeCatalog.map((shape) => shape.name);

    expect(names.filter((name) => !validTag.test(name))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
    expect(oddTags.filter((tag) => !validTag.test(tag))).toEqual([]);
    expect(everydayShapes.length).toBeGreaterThan(20);
  });
});

for (const flavour of ['distribution2', 'distribution3'] as const) {
  const real = await registryForTests(flavour);
  const shapesThat = (acceptance: string): typeof shapeCatalog =>
    shapeCatalog.filter((shape) => shape.acceptance[flavour] === acceptance);
  const refusals = shapeCatalog.flatMap(({ name, build, acceptance }) => {
    const answer = acceptance[flavour];
    return typeof answer === 'string' ? [] : [{ name, build, code: answer.refusedWith }];
  });

  (real.isAvailable ? describe : describe.skip)(real.titleOf(`shapes in ${flavour}`), () => {
    let plain: RunningRegistry;
    let permissive: RunningRegistry;

    beforeAll(async () => {
      plain = await real.provider.start();
      permissive = await real.provider.start({ extraConfiguration: permissiveConfiguration });
    });

    afterAll(async () => {
      await plain.stop();
      await permissive.stop();
    });

    it.each(shapesThat('accepted'))('takes $name and gives it back whole', async ({ name, build }) => {
      const content = build(`real/${name}`);
      const repository = `shapes/${name}`;
      await pushContent(plain, repository, content, { tag: 'v1' });
      const readBack = await readManifest(plain, repository, 'v1');

      expect(readBack?.bytes.equals(content.root.bytes)).toBe(true);
      expect(readBack?.mediaType).toBe(content.root.mediaType);
      expect(await readTagMap(plain, repository)).toEqual(
        new Map([
          ...content.tags.map(({ tag, manifest }) => [tag, manifest.digest] as const),
          ['v1', content.root.digest],
        ]),
      );
      expect(await findPullProblems(plain, repository, 'v1', 'content')).toEqual([]);
    });

    it.each(shapesThat('configured'))('takes $name only when told to', async ({ name, build }) => {
      const content = build(`real/${name}`);
      const repository = `shapes/${name}`;
      await expect(pushContent(plain, repository, content, { tag: 'v1' })).rejects.toMatchObject({
        status: 500,
      });
      await pushContent(permissive, repository, content, { tag: 'v1' });

      expect(await readTagMap(permissive, repository)).toEqual(new Map([['v1', content.root.digest]]));
      expect(await findPullProblems(permissive, repository, 'v1', 'content')).toEqual([]);
    });

    it.each(refusals)('refuses $name with $code', async ({ name, build, code }) => {
      const pushing = pushContent(permissive, `refused/${name}`, build(`real/${name}`), { tag: 'v1' });

      await expect(pushing).rejects.toMatchObject({ status: 400, code });
    });

    it('keeps every odd tag apart', async () => {
      const digests = new Map<string, string>();
      for (const tag of oddTags) {
        digests.set(tag, await pushContent(plain, 'odd/tags', ociImage(`odd/${tag}`), { tag }));
      }

      expect(new Set(digests.values()).size).toBe(oddTags.length);
      expect(await readTagMap(plain, 'odd/tags')).toEqual(digests);
    });
  });
}
