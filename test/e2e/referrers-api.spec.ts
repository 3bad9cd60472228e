import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { ociImage } from '../builders/image-content.ts';
import { findPullProblems } from '../builders/pull-witness.ts';
import { pushContent } from '../builders/push-content.ts';
import { imageWithReferrersTag, referrerOf, referrersTagOf } from '../builders/referrer-content.ts';
import { readDigest, readManifest } from '../builders/registry-witness.ts';
import type { RunningRegistry } from '../registries/registry-provider.ts';
import { registryForTests } from '../registries/registry-for-tests.ts';
import { runForReport } from './command-line.ts';
import { RecordingProxy, writesIn } from './recording-proxy.ts';
import { between, tagsOf } from './registry-pair.ts';
import { stepsOf, summaryOf } from './report-document.ts';

const withApi = await registryForTests('olareg');
const without = await registryForTests();
const describeBoth = withApi.isAvailable && without.isAvailable ? describe : describe.skip;

interface ReferrersList {
  readonly manifests: readonly { readonly digest: string; readonly artifactType?: string }[];
}

function digestsIn({ manifests }: ReferrersList): string[] {
  return manifests.map(({ digest }) => digest).sort();
}

/** What the registry's own API answers. */
async function referrersOf(registry: RunningRegistry, repository: string, digest: string): Promise<string[]> {
  const answer = await fetch(`${registry.url}/v2/${repository}/referrers/${digest}`);
  expect(answer.status).toBe(200);
  return digestsIn((await answer.json()) as ReferrersList);
}

describeBoth(
  `${withApi.titleOf('referrers through a registry that has the API')}, ${without.titleOf('and one that has not')}`,
  () => {
    let primary: RunningRegistry;
    let secondary: RunningRegistry;
    let plain: RunningRegistry;

    beforeAll(async () => {
      primary = await withApi.provider.start();
      secondary = await withApi.provider.start();
      plain = await without.provider.start();
    });

    afterAll(async () => {
      await Promise.all([primary.stop(), secondary.stop(), plain.stop()]);
    });

    it('are answered by the secondary as by the primary, recursively, and then nothing is written', async () => {
      const repository = 'both/app';
      const image = ociImage('both');
      const sbom = referrerOf('both/sbom', image.root);
      const signatureOfSbom = referrerOf('both/signature', sbom.root);
      await pushContent(primary, repository, image, { tag: 'v1' });
      await pushContent(primary, repository, sbom);
      await pushContent(primary, repository, signatureOfSbom);
      const proxy = await RecordingProxy.start(secondary);
      const flags = [...between(primary, proxy), '--repository', repository];

      const first = await runForReport(['sync', ...flags]);
      proxy.takeRequests();
      const second = await runForReport(['sync', ...flags]);
      const verified = await runForReport(['verify', ...flags, '--depth', 'content']);
      const requests = proxy.takeRequests();
      await proxy.stop();

      expect([first, second, verified].map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
      expect(summaryOf(stepsOf(first.report, repository))).toEqual([
        'v1: copy-referrer done',
        'v1: copy-referrer done',
        'v1: copy-tag done',
      ]);
      expect(writesIn(requests)).toEqual([]);
      expect(await referrersOf(secondary, repository, image.root.digest)).toEqual([sbom.root.digest]);
      expect(await referrersOf(secondary, repository, sbom.root.digest)).toEqual([
        signatureOfSbom.root.digest,
      ]);
      expect(await tagsOf(secondary, repository)).toEqual(['v1']);
    });

    it('that are new are noticed although the image is unchanged', async () => {
      const repository = 'later/app';
      const image = ociImage('later');
      const flags = [...between(primary, secondary), '--repository', repository];
      await pushContent(primary, repository, image, { tag: 'v1' });
      const first = await runForReport(['sync', ...flags]);
      const signature = referrerOf('later/signature', image.root);
      await pushContent(primary, repository, signature);
      const second = await runForReport(['sync', ...flags]);

      expect([first.exitCode, second.exitCode]).toEqual([0, 0]);
      expect(summaryOf(stepsOf(second.report, repository))).toEqual(['v1: copy-referrer done']);
      expect(await referrersOf(secondary, repository, image.root.digest)).toEqual([signature.root.digest]);
    });

    it('are listed by a referrers tag where the secondary has no API', async () => {
      const repository = 'to-plain/app';
      const image = ociImage('to-plain');
      const referrers = ['sbom', 'signature'].map((name) => referrerOf(`to-plain/${name}`, image.root));
      await pushContent(primary, repository, image, { tag: 'v1' });
      for (const referrer of referrers) await pushContent(primary, repository, referrer);
      const flags = [...between(primary, plain), '--repository', repository];

      const first = await runForReport(['sync', ...flags]);
      const list = await readManifest(plain, repository, referrersTagOf(image.root));
      const again = await runForReport(['sync', ...flags]);
      const after = await readDigest(plain, repository, referrersTagOf(image.root));

      expect([first.exitCode, again.exitCode]).toEqual([0, 0]);
      expect(digestsIn(JSON.parse(String(list?.bytes)) as ReferrersList)).toEqual(
        referrers.map(({ root }) => root.digest).sort(),
      );
      expect(after).toBe(list?.digest);
      expect(await findPullProblems(plain, repository, referrersTagOf(image.root), 'content')).toEqual([]);
    });

    it('that a referrers tag of the primary lists are answered by the API of the secondary', async () => {
      const repository = 'from-plain/app';
      const image = imageWithReferrersTag('from-plain');
      await pushContent(plain, repository, image, { tag: 'v1' });
      const tag = referrersTagOf(image.root);
      const list = await readManifest(plain, repository, tag);
      const flags = [...between(plain, secondary), '--repository', repository];

      const first = await runForReport(['sync', ...flags]);
      const second = await runForReport(['sync', ...flags]);

      expect([first.exitCode, second.exitCode]).toEqual([0, 0]);
      expect(await readDigest(secondary, repository, tag)).toBe(list?.digest);
      expect(await referrersOf(secondary, repository, image.root.digest)).toEqual(
        digestsIn(JSON.parse(String(list?.bytes)) as ReferrersList),
      );
      expect(summaryOf(stepsOf(second.report, repository))).toEqual([]);
    });
  },
);
