import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { ociImage } from '../builders/image-content.ts';
import { deleteManifest, pushContent, tagManifest } from '../builders/push-content.ts';
import { registryForTests } from '../registries/registry-for-tests.ts';
import { runCommandLine, runForReport, type ReportedResult } from './command-line.ts';
import { DistributionStorage } from './distribution-storage.ts';
import { startPair, tagsOf, type RegistryPair } from './registry-pair.ts';
import { linkOf, repositoryOf, stepsOf, summaryOf } from './report-document.ts';
import { WorkDirectory } from './work-directory.ts';

const third = await registryForTests('distribution3');
const describeThird = third.isAvailable ? describe : describe.skip;

describeThird(third.titleOf('a primary that has lost much at once'), () => {
  let pair: RegistryPair;
  let directory: WorkDirectory;

  beforeAll(async () => {
    pair = await startPair(third.provider);
    directory = await WorkDirectory.create();
  });

  afterAll(async () => {
    await Promise.all([pair.stop(), directory.remove()]);
  });

  /** A link over the repositories of one test, which deletes what was absent once. */
  async function configure(scope: string, deletions: string): Promise<string[]> {
    const config = await directory.write(
      `${scope}.yaml`,
      `registries:
  eu: { url: "${pair.primary.url}" }
  us: { url: "${pair.secondary.url}" }
links:
  - name: ${scope}
    primary: eu
    secondaries: [us]
    repositories: { include: ["${scope}/**"] }
    deletions: { ${deletions} }
database: { directory: ${directory.path}/${scope} }
`,
    );
    return ['--config', config];
  }

  const DELETE = 'orphans: delete, minAbsence: 0s, minObservations: 1';

  const saidOf = ({ report }: ReportedResult, repository: string): string[] =>
    summaryOf(stepsOf(report, repository));

  it('keeps a repository that has vanished from it, and says so in every cycle', async () => {
    for (const name of ['vanished/app', 'vanished/other']) {
      for (const tag of ['v1', 'v2']) {
        await pushContent(pair.primary, name, ociImage(`${name}:${tag}`), { tag });
      }
    }
    const link = await configure('vanished', DELETE);
    const first = await runForReport(['sync', ...link]);
    await new DistributionStorage(pair.primary).removeRepository('vanished/app');
    const planned = await runForReport(['plan', ...link]);
    const second = await runForReport(['sync', ...link]);
    const third = await runForReport(['sync', ...link, '--max-deletions', '100%']);
    const switchedOff = await runForReport(['sync', ...(await configure('vanished', 'orphans: off'))]);
    const verified = await runForReport(['verify', ...link]);

    expect([first, planned, second, third, switchedOff, verified].map(({ exitCode }) => exitCode)).toEqual([
      0, 3, 3, 3, 0, 0,
    ]);
    for (const result of [planned, second, third]) {
      expect(saidOf(result, 'vanished/app')).toEqual([
        'v1: delete-orphan-tag held PRIMARY_EMPTY',
        'v2: delete-orphan-tag held PRIMARY_EMPTY',
      ]);
      expect(repositoryOf(result.report, 'vanished/other')).toMatchObject({ outcome: 'in-sync', steps: [] });
    }
    expect(saidOf(switchedOff, 'vanished/app')).toEqual([
      'v1: delete-orphan-tag skipped DELETIONS_OFF',
      'v2: delete-orphan-tag skipped DELETIONS_OFF',
    ]);
    expect(linkOf(switchedOff.report).totals).toMatchObject({ repositories: 2, orphans: 2 });
    expect(await tagsOf(pair.secondary, 'vanished/app')).toEqual(['v1', 'v2']);
  });

  it('deletes nothing of a repository that would lose more than half, but at the word of an operator', async () => {
    const tags = Array.from({ length: 12 }, (_none, number) => `v${number + 10}`);
    const [kept, gone] = [ociImage('halved/kept'), ociImage('halved/gone')];
    await pushContent(pair.primary, 'halved/app', kept);
    await pushContent(pair.primary, 'halved/app', gone);
    for (const [index, tag] of tags.entries()) {
      await tagManifest(pair.primary, 'halved/app', tag, index < 7 ? gone : kept);
    }
    const link = await configure('halved', `${DELETE}, maxPerRepository: 100%`);
    const first = await runForReport(['sync', ...link]);
    await deleteManifest(pair.primary, 'halved/app', gone.root.digest);
    const held = await runForReport(['sync', ...link]);
    const left = await tagsOf(pair.secondary, 'halved/app');
    const tooFew = await runForReport(['sync', ...link, '--max-deletions', '6']);
    const text = await runCommandLine(['plan', ...link]);
    const done = await runForReport(['sync', ...link, '--max-deletions', '7']);

    expect([first, held, tooFew, text, done].map(({ exitCode }) => exitCode)).toEqual([0, 3, 3, 3, 0]);
    expect(saidOf(held, 'halved/app')).toEqual(
      tags.slice(0, 7).map((tag) => `${tag}: delete-orphan-tag held OVER_BUDGET`),
    );
    expect(text.stdout).toContain('7 of 12 tags would be deleted, more than half of the repository');
    expect(left).toEqual(tags);
    expect(await tagsOf(pair.secondary, 'halved/app')).toEqual(tags.slice(7));
  });
});
