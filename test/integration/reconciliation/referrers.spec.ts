import { afterEach, describe, expect, it } from '@jest/globals';
import { contentOf, type BuiltContent } from '../../builders/built-content.ts';
import { ociImage } from '../../builders/image-content.ts';
import { ociIndex } from '../../builders/index-content.ts';
import { pushContent } from '../../builders/push-content.ts';
import {
  cosignTagOf,
  imageWithCosignSignature,
  referrerOf,
  referrersTagOf,
} from '../../builders/referrer-content.ts';
import { jsonStatus } from '../../fakes/fake-faults.ts';
import { FakeRegistry } from '../../fakes/fake-registry.ts';
import type { FakeProfileName } from '../../fakes/fake-profile.ts';
import { reconcile, stepLines } from './reconcile.ts';

const running: FakeRegistry[] = [];

async function start(profile: FakeProfileName): Promise<FakeRegistry> {
  const registry = await FakeRegistry.start({ profile });
  running.push(registry);
  return registry;
}

afterEach(async () => {
  for (const registry of running.splice(0)) await registry.stop();
});

const WRITES = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

function writesTo(registry: FakeRegistry): string[] {
  return registry.history.all
    .filter(({ method }) => WRITES.has(method))
    .map(({ method, target }) => `${method} ${target}`);
}

async function referrersByApi(registry: FakeRegistry, content: BuiltContent): Promise<string[]> {
  const answer = await fetch(`${registry.url}/v2/team/app/referrers/${content.root.digest}`);
  const body = (await answer.json()) as { manifests: { digest: string }[] };
  return body.manifests.map(({ digest }) => digest).sort();
}

const image = ociImage('signed');
const signature = referrerOf('signature', image.root);
const signatureOfSignature = referrerOf('signature of signature', signature.root);

describe('referrers of an image', () => {
  it('are copied with it, recursively, where both sides have the API', async () => {
    const [primary, secondary] = [await start('zot'), await start('zot')];
    await pushContent(primary.url, 'team/app', image, { tag: 'v1' });
    await pushContent(primary.url, 'team/app', signature);
    await pushContent(primary.url, 'team/app', signatureOfSignature);

    const report = await reconcile({ options: { primary: primary.url, secondary: [secondary.url] } });

    expect(stepLines(report)).toEqual(['copy-referrer v1 done', 'copy-referrer v1 done', 'copy-tag v1 done']);
    expect(await referrersByApi(secondary, image)).toEqual([signature.root.digest]);
    expect(await referrersByApi(secondary, signature)).toEqual([signatureOfSignature.root.digest]);
    expect([...secondary.storage.tags('team/app').keys()]).toEqual(['v1']);
  });

  it('are there before the tag is, so that no policy sees the tag unsigned', async () => {
    const [primary, secondary] = [await start('zot'), await start('zot')];
    await pushContent(primary.url, 'team/app', image, { tag: 'v1' });
    await pushContent(primary.url, 'team/app', signature);

    await reconcile({ options: { primary: primary.url, secondary: [secondary.url] } });

    const manifests = writesTo(secondary).filter((write) => write.includes('/manifests/'));
    expect(manifests).toEqual([
      `PUT /v2/team/app/manifests/${image.root.digest}`,
      `PUT /v2/team/app/manifests/${signature.root.digest}`,
      'PUT /v2/team/app/manifests/v1',
    ]);
  });

  it('that are new are noticed although the image is unchanged, and then nothing is left to do', async () => {
    const [primary, secondary] = [await start('zot'), await start('zot')];
    await pushContent(primary.url, 'team/app', image, { tag: 'v1' });
    const options = { primary: primary.url, secondary: [secondary.url] };
    await reconcile({ options });
    await pushContent(primary.url, 'team/app', signature);

    const planned = await reconcile({ options, work: { command: 'plan' } });
    const second = await reconcile({ options });
    const third = await reconcile({ options });

    expect(stepLines(planned)).toEqual(['copy-referrer v1 planned']);
    expect(stepLines(second)).toEqual(['copy-referrer v1 done']);
    expect(stepLines(third)).toEqual([]);
    expect(third.outcome).toBe('in-sync');
  });

  it('of an image inside an index are copied too', async () => {
    const [primary, secondary] = [await start('zot'), await start('zot')];
    const index = ociIndex('index');
    const child = index.manifests[0]!;
    await pushContent(primary.url, 'team/app', index, { tag: 'v1' });
    await pushContent(primary.url, 'team/app', referrerOf('child', child));

    await reconcile({ options: { primary: primary.url, secondary: [secondary.url] } });

    expect(await referrersByApi(secondary, contentOf(child, []))).toEqual([
      referrerOf('child', child).root.digest,
    ]);
  });

  it('are listed by the referrers tag where the secondary has no API, which is written once and never pruned', async () => {
    const [primary, secondary] = [await start('zot'), await start('distribution-3.1')];
    const other = referrerOf('other signature', image.root);
    await pushContent(primary.url, 'team/app', image, { tag: 'v1' });
    await pushContent(primary.url, 'team/app', signature);
    await pushContent(primary.url, 'team/app', other);
    const options = { primary: primary.url, secondary: [secondary.url], deleteOrphans: true };

    const first = await reconcile({ options });
    const writes = writesTo(secondary).length;
    const second = await reconcile({ options });

    expect(first.outcome).toBe('in-sync');
    expect([...secondary.storage.tags('team/app').keys()].sort()).toEqual([referrersTagOf(image.root), 'v1']);
    const list = await fetch(`${secondary.url}/v2/team/app/manifests/${referrersTagOf(image.root)}`, {
      headers: { accept: 'application/vnd.oci.image.index.v1+json' },
    });
    const { manifests } = (await list.json()) as { manifests: { digest: string; artifactType: string }[] };
    expect(manifests.map(({ digest }) => digest).sort()).toEqual(
      [signature.root.digest, other.root.digest].sort(),
    );
    expect(new Set(manifests.map(({ artifactType }) => artifactType))).toEqual(
      new Set(['application/vnd.example.report']),
    );
    expect(stepLines(second)).toEqual([
      `delete-orphan-tag ${referrersTagOf(image.root)} skipped REFERRER_OF_LIVE_SUBJECT`,
    ]);
    expect(second.outcome).toBe('in-sync');
    expect(writesTo(secondary)).toHaveLength(writes);
  });

  it('are asked for once per registry where the primary has no API', async () => {
    const [primary, secondary] = [await start('distribution-2.8'), await start('zot')];
    for (const tag of ['a', 'b', 'c']) await pushContent(primary.url, `team/${tag}`, ociImage(tag), { tag });

    await reconcile({ options: { primary: primary.url, secondary: [secondary.url] } });

    expect(primary.history.count({ operation: 'list-referrers' })).toBeLessThanOrEqual(3);
    expect(secondary.history.count({ operation: 'list-referrers' })).toBe(0);
  });

  it('keep their tag from being put while they cannot be copied', async () => {
    const [primary, secondary] = [await start('zot'), await start('zot')];
    await pushContent(primary.url, 'team/app', image, { tag: 'v1' });
    await pushContent(primary.url, 'team/app', signature);
    secondary.faults.add({
      operation: 'put-manifest',
      reference: signature.root.digest,
      fault: jsonStatus(403, 'DENIED'),
    });

    const report = await reconcile({ options: { primary: primary.url, secondary: [secondary.url] } });

    expect(stepLines(report)).toEqual(['copy-referrer v1 failed FORBIDDEN', 'copy-tag v1 failed FORBIDDEN']);
    expect(secondary.storage.tags('team/app').has('v1')).toBe(false);
  });
});

describe('signatures under tags', () => {
  const signed = imageWithCosignSignature('cosign');
  const sig = cosignTagOf(signed.root, 'sig');

  it('follow their image past the tag filters, and those of other images do not', async () => {
    const [primary, secondary] = [await start('distribution-3.1'), await start('distribution-3.1')];
    const other = imageWithCosignSignature('other');
    await pushContent(primary.url, 'team/app', signed, { tag: 'v1' });
    await pushContent(primary.url, 'team/app', other, { tag: 'nightly' });
    const options = { primary: primary.url, secondary: [secondary.url], tag: ['v*'] };

    const first = await reconcile({ options });
    const second = await reconcile({ options });

    expect(first.outcome).toBe('in-sync');
    expect([...secondary.storage.tags('team/app').keys()].sort()).toEqual([sig, 'v1']);
    expect(stepLines(second)).toEqual([]);
  });

  it('of images that are not among the newest are left out with them', async () => {
    const [primary, secondary] = [await start('distribution-3.1'), await start('distribution-3.1')];
    await pushContent(primary.url, 'team/app', signed, { tag: 'v2' });
    await pushContent(primary.url, 'team/app', imageWithCosignSignature('old'), { tag: 'v1' });

    const report = await reconcile({
      options: { primary: primary.url, secondary: [secondary.url] },
      change: (configuration) => ({
        ...configuration,
        links: configuration.links.map((link) => ({
          ...link,
          policy: { ...link.policy, tags: { ...link.policy.tags, newest: { count: 1, by: 'version' } } },
        })),
      }),
    });

    expect(report.outcome).toBe('in-sync');
    expect([...secondary.storage.tags('team/app').keys()].sort()).toEqual([sig, 'v2']);
  });

  it('are not deleted while their image lives, and are when it is gone', async () => {
    const [primary, secondary] = [await start('distribution-3.1'), await start('distribution-3.1')];
    await pushContent(primary.url, 'team/app', signed, { tag: 'v1' });
    await pushContent(primary.url, 'team/app', ociImage('stays'), { tag: 'stays' });
    const options = { primary: primary.url, secondary: [secondary.url], deleteOrphans: true };
    await reconcile({ options });

    primary.storage.deleteTag('team/app', sig);
    const whileItLives = await reconcile({ options });
    primary.storage.deleteManifest('team/app', signed.root.digest);
    const afterwards = await reconcile({ options });

    expect(stepLines(whileItLives)).toEqual([`delete-orphan-tag ${sig} skipped REFERRER_OF_LIVE_SUBJECT`]);
    expect(stepLines(afterwards).sort()).toEqual([
      `delete-orphan-tag ${sig} done`,
      'delete-orphan-tag v1 done',
    ]);
    expect([...secondary.storage.tags('team/app').keys()]).toEqual(['stays']);
  });
});
