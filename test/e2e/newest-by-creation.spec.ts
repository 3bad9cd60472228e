import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { imageAnnotated, imageConfigured, indexCreated } from '../builders/dated-content.ts';
import { ociImage } from '../builders/image-content.ts';
import { pushContent } from '../builders/push-content.ts';
import { registryForTests } from '../registries/registry-for-tests.ts';
import { runCommandLine, runForReport } from './command-line.ts';
import { RecordingProxy } from './recording-proxy.ts';
import { startPair, tagsOf, type RegistryPair } from './registry-pair.ts';
import { stepsOf, summaryOf } from './report-document.ts';
import { WorkDirectory } from './work-directory.ts';

const real = await registryForTests();
const describeReal = real.isAvailable ? describe : describe.skip;
const repository = 'nightly/app';

describeReal(real.titleOf('a link that keeps the tags that were created last'), () => {
  let pair: RegistryPair;
  let directory: WorkDirectory;
  let proxy: RecordingProxy;

  beforeAll(async () => {
    pair = await startPair(real.provider);
    directory = await WorkDirectory.create();
    proxy = await RecordingProxy.start(pair.primary);
    for (const [tag, content] of [
      ['v9.0.0', imageConfigured('a', { created: '2023-01-01T00:00:00Z' })],
      ['fix-crash', imageConfigured('b', { created: '2024-03-01T00:00:00Z' })],
      ['abcdef0', indexCreated('c', '2024-02-01T00:00:00Z', '2024-05-01T00:00:00Z')],
      ['chart', imageAnnotated('d', '2024-04-01T00:00:00Z')],
      ['latest', ociImage('e')],
    ] as const) {
      await pushContent(pair.primary, repository, content, { tag });
    }
  });

  afterAll(async () => {
    await Promise.all([proxy.stop(), pair.stop(), directory.remove()]);
  });

  it('says why it drops the others, copies the newest, and afterwards asks only for digests', async () => {
    const config = await directory.write(
      'geo.yaml',
      `registries: { eu: { url: "${proxy.url}" }, us: { url: "${pair.secondary.url}" } }
links:
  - name: eu-to-us
    primary: eu
    secondaries: [us]
    repositories: { include: [${repository}] }
    tags: { newest: { count: 2, by: created } }
    deletions: { orphans: delete }
database: { directory: ${directory.path}/data }
`,
    );
    const shown = await runCommandLine(['plan', '--config', config, '--show-ignored']);
    const first = await runForReport(['sync', '--config', config]);
    proxy.takeRequests();
    const second = await runForReport(['sync', '--config', config]);
    const asked = proxy
      .takeRequests()
      .filter(({ path }) => path.includes('/manifests/') || path.includes('/blobs/'));
    await pushContent(pair.primary, repository, imageConfigured('f', { created: '2024-06-01T00:00:00Z' }), {
      tag: 'newer',
    });
    const third = await runForReport(['sync', '--config', config]);

    expect(shown.stdout).toContain('is not among the 2 newest tags by creation time');
    expect([first, second, third].map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
    expect(summaryOf(stepsOf(first.report, repository)).filter((step) => step.includes('copy-tag'))).toEqual([
      'abcdef0: copy-tag done',
      'chart: copy-tag done',
    ]);
    expect(asked.map(({ method }) => method)).toEqual(new Array(5).fill('HEAD'));
    // What is among the newest no more is ignored: it is no orphan.
    expect(await tagsOf(pair.secondary, repository)).toEqual(['abcdef0', 'chart', 'newer']);
  });
});
