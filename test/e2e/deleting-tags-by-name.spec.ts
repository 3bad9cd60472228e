import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { ociImage } from '../builders/image-content.ts';
import { pushContent, tagManifest } from '../builders/push-content.ts';
import { readTagMap } from '../builders/registry-witness.ts';
import { registryForTests } from '../registries/registry-for-tests.ts';
import { runForReport, type ReportedResult } from './command-line.ts';
import { DistributionStorage } from './distribution-storage.ts';
import { RecordingProxy, writesIn } from './recording-proxy.ts';
import { between, startPair, tagsOf, type RegistryPair } from './registry-pair.ts';
import { linkOf, stepsOf, summaryOf } from './report-document.ts';

const third = await registryForTests('distribution3');
const describeThird = third.isAvailable ? describe : describe.skip;

const eightOrphans = ['o1', 'o2', 'o3', 'o4', 'o5', 'o6', 'o7', 'o8'];

describeThird(third.titleOf('orphan tags on a registry that deletes tags by name'), () => {
  let pair: RegistryPair;

  beforeAll(async () => {
    pair = await startPair(third.provider);
  });

  afterAll(async () => {
    await pair.stop();
  });

  async function sync(repository: string, ...flags: readonly string[]): Promise<ReportedResult> {
    const link = between(pair.primary, pair.secondary);
    return await runForReport(['sync', ...link, '--repository', repository, '--delete-orphans', ...flags]);
  }

  /** One image: under `keep` on both sides, and under the orphans on the secondary. */
  async function pushWithOrphans(repository: string, orphans: readonly string[]): Promise<string> {
    const image = ociImage(repository);
    await pushContent(pair.primary, repository, image, { tag: 'keep' });
    await pushContent(pair.secondary, repository, image, { tag: 'keep' });
    for (const tag of orphans) await tagManifest(pair.secondary, repository, tag, image);
    return image.root.digest;
  }

  it('deletes an orphan by its name, and leaves a tag of the same digest', async () => {
    const digest = await pushWithOrphans('deleted/app', ['gone']);
    const proxy = await RecordingProxy.start(pair.secondary);
    const { exitCode, report } = await runForReport([
      ...['sync', ...between(pair.primary, proxy), '--repository', 'deleted/app', '--delete-orphans'],
    ]);
    await proxy.stop();

    expect(exitCode).toBe(0);
    expect(report.outcome).toBe('in-sync');
    expect(stepsOf(report, 'deleted/app')).toMatchObject([
      {
        kind: 'delete-orphan-tag',
        tag: 'gone',
        primaryDigest: null,
        secondaryDigest: digest,
        outcome: 'done',
      },
    ]);
    expect(writesIn(proxy.takeRequests())).toMatchObject([
      { method: 'DELETE', path: '/v2/deleted/app/manifests/gone', status: 202 },
    ]);
    expect(await readTagMap(pair.secondary, 'deleted/app')).toEqual(new Map([['keep', digest]]));
  });

  it('deletes an orphan whose manifest was deleted under it', async () => {
    await pushWithOrphans('dangling/app', []);
    const gone = ociImage('dangling/app/gone');
    await pushContent(pair.secondary, 'dangling/app', gone, { tag: 'gone' });
    await new DistributionStorage(pair.secondary).forgetManifest('dangling/app', gone.root.digest);
    const { exitCode, report } = await sync('dangling/app');

    expect(stepsOf(report, 'dangling/app')).toMatchObject([
      { kind: 'delete-orphan-tag', tag: 'gone', primaryDigest: null, secondaryDigest: null, outcome: 'done' },
    ]);
    expect(exitCode).toBe(0);
    expect(await tagsOf(pair.secondary, 'dangling/app')).toEqual(['keep']);
  });

  it('deletes nothing at all over the budget, and answers with 3', async () => {
    await pushWithOrphans('many/app', eightOrphans);
    const { exitCode, report } = await sync('many/app');

    expect(exitCode).toBe(3);
    expect(report.outcome).toBe('held');
    expect(summaryOf(stepsOf(report, 'many/app'))).toEqual(
      eightOrphans.map((tag) => `${tag}: delete-orphan-tag held OVER_BUDGET`),
    );
    expect(linkOf(report).totals).toMatchObject({ held: 8, deleted: 0, orphans: 8 });
    expect(await tagsOf(pair.secondary, 'many/app')).toEqual(['keep', ...eightOrphans]);
  });

  it.each([
    { budget: '7', exit: 3, left: ['keep', ...eightOrphans] },
    { budget: '8', exit: 0, left: ['keep'] },
    // 88 % of nine tags are seven.
    { budget: '88%', exit: 3, left: ['keep', ...eightOrphans] },
    { budget: '89%', exit: 0, left: ['keep'] },
  ])('takes --max-deletions $budget for the whole budget of 8 orphans', async ({ budget, exit, left }) => {
    const repository = `budget/app-${parseInt(budget, 10)}`;
    await pushWithOrphans(repository, eightOrphans);
    const { exitCode } = await sync(repository, '--max-deletions', budget);

    expect(exitCode).toBe(exit);
    expect(await tagsOf(pair.secondary, repository)).toEqual(left);
  });

  it('deletes nothing in a repository in which a copy failed', async () => {
    await pushWithOrphans('failing/app', ['gone']);
    const broken = ociImage('failing/app/broken');
    await pushContent(pair.primary, 'failing/app', broken, { tag: 'broken' });
    await new DistributionStorage(pair.primary).removeBlob(broken.blobs[1]!.digest);
    const { exitCode, report } = await sync('failing/app');

    expect(exitCode).toBe(1);
    expect(summaryOf(stepsOf(report, 'failing/app'))).toEqual([
      'broken: copy-tag failed MISSING_CONTENT',
      'gone: delete-orphan-tag held COPY_FAILED',
    ]);
    expect(await tagsOf(pair.secondary, 'failing/app')).toEqual(['gone', 'keep']);
  });

  it('keeps an orphan of which the primary does not say in so many words that it is unknown', async () => {
    await pushWithOrphans('unclear/app', ['gone']);
    const lying = await RecordingProxy.start(pair.primary, {
      on: /\/unclear\/app\/manifests\/gone$/,
      answer: { status: 404, code: 'NOT_A_REGISTRY_CODE' },
    });
    const { exitCode, report } = await runForReport([
      ...['sync', ...between(lying, pair.secondary), '--repository', 'unclear/app', '--delete-orphans'],
    ]);
    await lying.stop();

    expect(exitCode).toBe(3);
    expect(summaryOf(stepsOf(report, 'unclear/app'))).toEqual([
      'gone: delete-orphan-tag held PRIMARY_UNREADABLE',
    ]);
    expect(await tagsOf(pair.secondary, 'unclear/app')).toEqual(['gone', 'keep']);
  });
});
