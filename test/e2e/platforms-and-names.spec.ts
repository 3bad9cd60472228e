import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { ociImage } from '../builders/image-content.ts';
import { indexWithAttestation, ociIndex } from '../builders/index-content.ts';
import { findPullProblems } from '../builders/pull-witness.ts';
import { pushContent } from '../builders/push-content.ts';
import { hasBlob, listRepositories, readManifest, readTagMap } from '../builders/registry-witness.ts';
import { registryForTests } from '../registries/registry-for-tests.ts';
import { runForReport } from './command-line.ts';
import { RecordingProxy, writesIn } from './recording-proxy.ts';
import { between, startPair, type RegistryPair } from './registry-pair.ts';
import { linkOf, repositoryOf, stepsOf, summaryOf } from './report-document.ts';
import { WorkDirectory } from './work-directory.ts';

const real = await registryForTests();
const describeReal = real.isAvailable ? describe : describe.skip;

interface IndexBody {
  readonly manifests: readonly {
    readonly digest: string;
    readonly platform?: { readonly architecture: string };
  }[];
}

describeReal(real.titleOf('a link that changes what it copies'), () => {
  let pair: RegistryPair;
  let directory: WorkDirectory;

  beforeAll(async () => {
    pair = await startPair(real.provider);
    directory = await WorkDirectory.create();
  });

  afterAll(async () => {
    await Promise.all([pair.stop(), directory.remove()]);
  });

  /** A configuration with one link that has more to say than names. */
  async function configure(link: string): Promise<string[]> {
    const config = await directory.write(
      'geo.yaml',
      `registries: { eu: { url: "${pair.primary.url}" }, us: { url: "${pair.secondary.url}" } }
links: [{ name: eu-to-us, primary: eu, secondaries: [us], ${link} }]
database: { directory: ${directory.path}/data }
`,
    );
    return ['--config', config];
  }

  it('copies the asked platforms only, pullable, and has nothing to do in a second run', async () => {
    const repository = 'platform/app';
    const index = ociIndex('platform');
    await pushContent(pair.primary, repository, index, { tag: 'multi' });
    await pushContent(pair.primary, repository, ociImage('platform/single'), { tag: 'single' });
    const proxy = await RecordingProxy.start(pair.secondary);
    const flags = [...between(pair.primary, proxy), '--repository', repository, '--platform', 'linux/amd64'];
    const first = await runForReport(['sync', ...flags]);
    proxy.takeRequests();
    const second = await runForReport(['sync', ...flags]);
    const verified = await runForReport(['verify', ...flags]);
    await proxy.stop();
    const filtered = await readManifest(pair.secondary, repository, 'multi');
    const { manifests } = JSON.parse(String(filtered?.bytes)) as IndexBody;

    expect([first, second, verified].map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
    expect(summaryOf(stepsOf(first.report, repository))).toEqual([
      'multi: copy-tag done',
      'single: copy-tag done',
    ]);
    expect(linkOf(second.report).totals).toMatchObject({ inSync: 2, copied: 0, moved: 0 });
    expect(writesIn(proxy.takeRequests())).toEqual([]);
    expect(manifests.map(({ platform }) => platform?.architecture)).toEqual(['amd64']);
    expect(filtered?.digest).not.toBe(index.root.digest);
    expect(await findPullProblems(pair.secondary, repository, 'multi', 'content')).toEqual([]);
    // The configuration of the other platform's image.
    const others = index.blobs.filter((blob) => blob.bytes.toString().includes('arm64'));
    expect(others.length).toBeGreaterThan(0);
    expect(await hasBlob(pair.secondary, repository, others[0]!.digest)).toBe(false);
  });

  it('keeps the attestation of a platform that is copied', async () => {
    const repository = 'attested/app';
    const index = indexWithAttestation('attested');
    await pushContent(pair.primary, repository, index, { tag: 'v1' });
    const { exitCode } = await runForReport([
      ...['sync', ...between(pair.primary, pair.secondary), '--repository', repository],
      ...['--platform', 'linux/amd64'],
    ]);

    expect(exitCode).toBe(0);
    // Nothing was left out, so nothing was rebuilt.
    expect(await readTagMap(pair.secondary, repository)).toEqual(new Map([['v1', index.root.digest]]));
  });

  it('says SPARSE_REFUSED where a registry wants every child of an index', async () => {
    const repository = 'sparse/app';
    await pushContent(pair.primary, repository, ociIndex('sparse'), { tag: 'v1' });
    const { exitCode, report } = await runForReport([
      'sync',
      ...(await configure(
        `repositories: { include: ["${repository}"] }, platforms: [linux/amd64], platformMode: sparse`,
      )),
    ]);

    expect(exitCode).toBe(1);
    expect(summaryOf(stepsOf(report, repository))).toEqual(['v1: copy-tag failed SPARSE_REFUSED']);
  });

  it('copies to other names, and refuses two that become one', async () => {
    for (const name of ['renamed/a', 'renamed/b', 'renamed/c']) {
      await pushContent(pair.primary, name, ociImage(name), { tag: 'v1' });
    }
    const prefixed = await configure(
      'repositories: { include: ["renamed/*"] }, rename: { prefix: "mirror/" }',
    );
    const copied = await runForReport(['sync', ...prefixed]);
    const colliding = await configure(
      'repositories: { include: ["renamed/*"] }, rename: [{ match: "renamed/[ab]", replace: "one" }]',
    );
    const refused = await runForReport(['plan', ...colliding]);

    expect(copied.exitCode).toBe(0);
    expect(repositoryOf(copied.report, 'renamed/a').secondaryRepository).toBe('mirror/renamed/a');
    expect(await readTagMap(pair.secondary, 'mirror/renamed/b')).toEqual(
      await readTagMap(pair.primary, 'renamed/b'),
    );
    expect(refused.exitCode).toBe(1);
    expect(linkOf(refused.report).repositories.map(({ reason }) => reason)).toEqual([
      'NAME_COLLISION',
      'NAME_COLLISION',
      undefined,
    ]);
    expect(await listRepositories(pair.secondary)).not.toContain('one');
  });

  it('refuses a repository that another link writes as well, whichever of them runs', async () => {
    for (const name of ['left/shared', 'left/own', 'right/shared'])
      await pushContent(pair.primary, name, ociImage(name), { tag: 'v1' });
    const sides = ['left', 'right'].map(
      (side) =>
        `{ name: ${side}, primary: eu, secondaries: [us], repositories: { include: [{ regex: "${side}/.*" }] }, ` +
        `rename: [{ match: "${side}/(.*)", replace: "both/$1" }] }`,
    );
    const config = await directory.write(
      'two-links.yaml',
      `registries: { eu: { url: "${pair.primary.url}" }, us: { url: "${pair.secondary.url}" } }
links: [${sides.join(', ')}]
database: { directory: ${directory.path}/two-links }
`,
    );
    const both = await runForReport(['sync', '--config', config]);
    const one = await runForReport(['sync', '--config', config, '--link', 'right']);

    expect([both.exitCode, one.exitCode]).toEqual([1, 1]);
    const reasons = both.report.links.flatMap(({ repositories }) =>
      repositories.map(({ primaryRepository, reason }) => [primaryRepository, reason]),
    );
    expect(reasons).toEqual([
      ['left/own', undefined],
      ['left/shared', 'NAME_COLLISION'],
      ['right/shared', 'NAME_COLLISION'],
    ]);
    expect(repositoryOf(one.report, 'right/shared').reason).toBe('NAME_COLLISION');
    const written = (await listRepositories(pair.secondary)).filter((name) => name.startsWith('both/'));
    expect(written).toEqual(['both/own']);
  });
});
