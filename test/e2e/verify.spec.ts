import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import type { BuiltContent } from '../builders/built-content.ts';
import { ociImage } from '../builders/image-content.ts';
import { ociIndex } from '../builders/index-content.ts';
import { pushContent, tagManifest } from '../builders/push-content.ts';
import { registryForTests } from '../registries/registry-for-tests.ts';
import { runCommandLine, runForReport } from './command-line.ts';
import { DistributionStorage } from './distribution-storage.ts';
import { RecordingProxy, writesIn } from './recording-proxy.ts';
import { between, startPair, type RegistryPair } from './registry-pair.ts';
import { linkOf, stepsOf, summaryOf } from './report-document.ts';

const real = await registryForTests();
const describeReal = real.isAvailable ? describe : describe.skip;

type Depth = 'tag' | 'graph' | 'content';

describeReal(real.titleOf('verify'), () => {
  let pair: RegistryPair;
  let secondary: RecordingProxy;
  let storage: DistributionStorage;

  beforeAll(async () => {
    pair = await startPair(real.provider);
    secondary = await RecordingProxy.start(pair.secondary);
    storage = new DistributionStorage(pair.secondary);
  });

  afterAll(async () => {
    await Promise.all([pair.stop(), secondary.stop()]);
  });

  /** Runs at all three depths; a depth is `good`, or what it says of the tags. */
  async function verifyAtAllDepths(repository: string): Promise<Record<Depth, 'good' | string[]>> {
    const at = async (depth: Depth): Promise<'good' | string[]> => {
      const command = ['verify', ...between(pair.primary, secondary), '--repository', repository];
      const { exitCode, report } = await runForReport([...command, '--depth', depth]);
      const said = summaryOf(stepsOf(report, repository));
      return exitCode === 0 && said.length === 0 ? 'good' : [`exit ${exitCode}`, ...said];
    };
    const [tag, graph, content] = await Promise.all([at('tag'), at('graph'), at('content')]);
    return { tag, graph, content };
  }

  async function pushBoth(repository: string): Promise<BuiltContent> {
    const index = ociIndex(repository);
    for (const registry of [pair.primary, pair.secondary]) {
      await pushContent(registry, repository, index, { tag: 'v1' });
      await pushContent(registry, repository, ociImage(`${repository}/other`), { tag: 'v2' });
    }
    return index;
  }

  it('finds nothing where everything can be pulled, orphans or not, and writes nothing', async () => {
    const index = await pushBoth('good/app');
    await tagManifest(pair.secondary, 'good/app', 'orphan', index);
    secondary.takeRequests();

    expect(await verifyAtAllDepths('good/app')).toEqual({ tag: 'good', graph: 'good', content: 'good' });
    expect(writesIn(secondary.takeRequests())).toEqual([]);
  });

  it.each([
    {
      damage: 'a blob that is gone',
      harm: (index: BuiltContent, repository: string) =>
        storage.forgetBlob(repository, index.blobs[1]!.digest),
      expected: {
        tag: 'good',
        graph: ['exit 1', 'v1: verify-tag failed MISSING_CONTENT'],
        content: ['exit 1', 'v1: verify-tag failed MISSING_CONTENT'],
      },
    },
    {
      damage: 'a blob with a flipped bit',
      harm: (index: BuiltContent) => storage.flipBit(index.blobs[1]!.digest),
      expected: {
        tag: 'good',
        graph: 'good',
        content: ['exit 1', 'v1: verify-tag failed VERIFY_FAILED'],
      },
    },
    {
      damage: 'a blob that was cut off',
      harm: (index: BuiltContent) => storage.truncateBlob(index.blobs[1]!.digest),
      expected: {
        tag: 'good',
        graph: ['exit 1', 'v1: verify-tag failed VERIFY_FAILED'],
        content: ['exit 1', 'v1: verify-tag failed VERIFY_FAILED'],
      },
    },
    {
      damage: 'an image of an index that is gone',
      harm: (index: BuiltContent, repository: string) =>
        storage.forgetManifest(repository, index.manifests[0]!.digest),
      expected: {
        tag: 'good',
        graph: ['exit 1', 'v1: verify-tag failed MISSING_CONTENT'],
        content: ['exit 1', 'v1: verify-tag failed MISSING_CONTENT'],
      },
    },
    {
      damage: 'a tag whose manifest is gone',
      harm: (index: BuiltContent, repository: string) =>
        storage.forgetManifest(repository, index.root.digest),
      expected: {
        tag: ['exit 1', 'v1: verify-tag failed MISSING_CONTENT'],
        graph: ['exit 1', 'v1: verify-tag failed MISSING_CONTENT'],
        content: ['exit 1', 'v1: verify-tag failed MISSING_CONTENT'],
      },
    },
  ] satisfies readonly {
    damage: string;
    harm: (index: BuiltContent, repository: string) => Promise<void>;
    expected: Record<Depth, 'good' | string[]>;
  }[])('notices $damage at the depths that look there', async ({ damage, harm, expected }) => {
    const repository = `bad/${damage.replaceAll(' ', '-')}`;
    const index = await pushBoth(repository);
    await harm(index, repository);

    expect(await verifyAtAllDepths(repository)).toEqual(expected);
  });

  it('wants every tag of the primary: one that is missing or stands for something else fails', async () => {
    const [image, other] = [ociImage('absent/one'), ociImage('absent/two')];
    await pushContent(pair.primary, 'absent/app', image, { tag: 'missing' });
    await tagManifest(pair.primary, 'absent/app', 'moved', image);
    await pushContent(pair.secondary, 'absent/app', other, { tag: 'moved' });
    const command = [...between(pair.primary, pair.secondary), '--repository', 'absent/app'];
    const { exitCode, report } = await runForReport(['verify', ...command]);
    const text = await runCommandLine(['verify', ...command]);

    expect(exitCode).toBe(1);
    expect(summaryOf(stepsOf(report, 'absent/app'))).toEqual([
      'missing: verify-tag failed MISSING_CONTENT',
      'moved: verify-tag failed VERIFY_FAILED',
    ]);
    expect(linkOf(report).totals).toMatchObject({ inSync: 0, failed: 2 });
    expect(text.stdout).toMatch(/FAILED +2 of 2 tags cannot be pulled/);
  });

  it('walks the graph when it is told no depth, and says that all can be pulled', async () => {
    const index = await pushBoth('default/app');
    secondary.takeRequests();
    const command = ['verify', ...between(pair.primary, secondary), '--repository', 'default/app'];
    const { exitCode, stdout } = await runCommandLine(command);
    const blobs = secondary.takeRequests().filter(({ path }) => path.includes('/blobs/'));

    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/PULLABLE +2 tags in 1 repository, all can be pulled/);
    expect(new Set(blobs.map(({ method }) => method))).toEqual(new Set(['HEAD']));
    expect(blobs.map(({ path }) => path)).toContain(`/v2/default/app/blobs/${index.blobs[1]!.digest}`);
  });
});
