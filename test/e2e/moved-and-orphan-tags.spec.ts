import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import type { BuiltContent } from '../builders/built-content.ts';
import { ociImage } from '../builders/image-content.ts';
import { deleteManifest, pushContent } from '../builders/push-content.ts';
import { readTagMap } from '../builders/registry-witness.ts';
import { registryForTests } from '../registries/registry-for-tests.ts';
import type { RunningRegistry } from '../registries/registry-provider.ts';
import { runForReport, type ReportedResult } from './command-line.ts';
import { DistributionStorage } from './distribution-storage.ts';
import { RecordingProxy, writesIn } from './recording-proxy.ts';
import { between, startPair, tagsOf, type RegistryPair } from './registry-pair.ts';
import { linkOf, repositoryOf, stepsOf, summaryOf } from './report-document.ts';

const second = await registryForTests('distribution2');
/** Leaves a repository behind that had a tag. */
async function pushAndDelete(
  registry: RunningRegistry,
  repository: string,
  content: BuiltContent,
): Promise<void> {
  await pushContent(registry, repository, content, { tag: 'v1' });
  await deleteManifest(registry, repository, content.root.digest);
}

const describeSecond = second.isAvailable ? describe : describe.skip;

describeSecond(second.titleOf('moved and orphan tags on a registry that deletes no tag by its name'), () => {
  let pair: RegistryPair;

  beforeAll(async () => {
    pair = await startPair(second.provider);
  });

  afterAll(async () => {
    await pair.stop();
  });

  async function sync(repository: string, ...flags: readonly string[]): Promise<ReportedResult> {
    const link = between(pair.primary, pair.secondary);
    return await runForReport(['sync', ...link, '--repository', repository, ...flags]);
  }

  /** `keep` on both sides, and on the secondary what else is asked for. */
  async function pushWithOrphans(repository: string, orphans: readonly string[]): Promise<void> {
    const kept = ociImage(`${repository}/kept`);
    await pushContent(pair.primary, repository, kept, { tag: 'keep' });
    await pushContent(pair.secondary, repository, kept, { tag: 'keep' });
    for (const tag of orphans) {
      await pushContent(pair.secondary, repository, ociImage(`${repository}/${tag}`), { tag });
    }
  }

  it('copies a tag that moved, and never takes it for an orphan', async () => {
    const [before, after] = [ociImage('moved/before'), ociImage('moved/after')];
    await pushContent(pair.primary, 'moved/app', after, { tag: 'latest' });
    await pushContent(pair.secondary, 'moved/app', before, { tag: 'latest' });
    const { exitCode, report } = await sync('moved/app', '--delete-orphans', '--max-deletions', '100%');

    expect(exitCode).toBe(0);
    expect(stepsOf(report, 'moved/app')).toEqual([
      {
        kind: 'move-tag',
        tag: 'latest',
        primaryDigest: after.root.digest,
        secondaryDigest: before.root.digest,
        outcome: 'done',
        reason: null,
        message: null,
      },
    ]);
    expect(linkOf(report).totals).toMatchObject({ copied: 0, moved: 1, deleted: 0, orphans: 0 });
    expect(await readTagMap(pair.secondary, 'moved/app')).toEqual(new Map([['latest', after.root.digest]]));
  });

  it('keeps an orphan, counts it, and answers with 0', async () => {
    await pushWithOrphans('kept/app', ['gone']);
    const { exitCode, report } = await sync('kept/app');

    expect(exitCode).toBe(0);
    expect(report.outcome).toBe('in-sync');
    expect(summaryOf(stepsOf(report, 'kept/app'))).toEqual(['gone: delete-orphan-tag skipped DELETIONS_OFF']);
    expect(linkOf(report).totals).toMatchObject({ orphans: 1, deleted: 0, held: 0, failed: 0 });
    expect(await tagsOf(pair.secondary, 'kept/app')).toEqual(['gone', 'keep']);
  });

  it('says TAG_DELETE_UNSUPPORTED, keeps the orphan, and answers with 3', async () => {
    await pushWithOrphans('refused/app', ['gone', 'gone-too']);
    const proxy = await RecordingProxy.start(pair.secondary);
    const { exitCode, report } = await runForReport([
      ...['sync', ...between(pair.primary, proxy), '--repository', 'refused/app', '--delete-orphans'],
    ]);
    await proxy.stop();

    expect(exitCode).toBe(3);
    expect(report.outcome).toBe('differences');
    expect(summaryOf(stepsOf(report, 'refused/app'))).toEqual([
      'gone-too: delete-orphan-tag skipped TAG_DELETE_UNSUPPORTED',
      'gone: delete-orphan-tag skipped TAG_DELETE_UNSUPPORTED',
    ]);
    // The first refusal says it for all.
    expect(writesIn(proxy.takeRequests())).toMatchObject([
      { method: 'DELETE', path: '/v2/refused/app/manifests/gone', status: 400 },
    ]);
    expect(await tagsOf(pair.secondary, 'refused/app')).toEqual(['gone', 'gone-too', 'keep']);
  });

  it('deletes by a tombstone when told so, and leaves a tag of the same digest', async () => {
    await pushWithOrphans('tombstone/app', []);
    const image = ociImage('tombstone/app/shared');
    await pushContent(pair.primary, 'tombstone/app', image, { tag: 'stays' });
    for (const tag of ['stays', 'gone']) await pushContent(pair.secondary, 'tombstone/app', image, { tag });
    const { exitCode, report } = await sync(
      'tombstone/app',
      ...['--delete-orphans', '--delete-fallback', 'tombstone'],
    );

    expect(exitCode).toBe(0);
    expect(summaryOf(stepsOf(report, 'tombstone/app'))).toEqual(['gone: delete-orphan-tag done']);
    expect(linkOf(report).totals).toMatchObject({ deleted: 1, orphans: 1 });
    expect(await readTagMap(pair.secondary, 'tombstone/app')).toEqual(
      await readTagMap(pair.primary, 'tombstone/app'),
    );
  });

  it('deletes a dangling orphan by a tombstone', async () => {
    await pushWithOrphans('dangling/app', ['gone']);
    const storage = new DistributionStorage(pair.secondary);
    await storage.forgetManifest('dangling/app', ociImage('dangling/app/gone').root.digest);
    const { exitCode, report } = await sync(
      'dangling/app',
      ...['--delete-orphans', '--delete-fallback', 'tombstone'],
    );

    expect(stepsOf(report, 'dangling/app')).toMatchObject([
      { kind: 'delete-orphan-tag', tag: 'gone', primaryDigest: null, secondaryDigest: null, outcome: 'done' },
    ]);
    expect(exitCode).toBe(0);
    expect(await tagsOf(pair.secondary, 'dangling/app')).toEqual(['keep']);
  });

  it('finishes the tombstone that a process left which died in between', async () => {
    const crashing = await RecordingProxy.start(pair.secondary, {
      on: /^DELETE .*\/sha256:/,
      // Not the scratch tag, on which the way is proven before.
      behind: /^PUT .*\/manifests\/gone$/,
      answer: { status: 401, code: 'UNAUTHORIZED' },
    });
    await pushWithOrphans('crashed/app', ['gone']);
    const flags = ['--repository', 'crashed/app', '--delete-orphans', '--delete-fallback', 'tombstone'];
    const crashed = await runForReport(['sync', ...between(pair.primary, crashing), ...flags]);
    await crashing.stop();
    const leftBehind = await tagsOf(pair.secondary, 'crashed/app');
    const { exitCode, report } = await sync('crashed/app', ...flags.slice(2));

    expect(crashed.exitCode).toBe(1);
    expect(leftBehind).toEqual(['gone', 'keep']);
    expect(exitCode).toBe(0);
    expect(summaryOf(stepsOf(report, 'crashed/app'))).toEqual(['gone: delete-orphan-tag done']);
    expect(await tagsOf(pair.secondary, 'crashed/app')).toEqual(['keep']);
  });

  it('copies what the secondary lists without its manifest', async () => {
    const image = ociImage('half/app');
    await pushContent(pair.primary, 'half/app', image, { tag: 'v1' });
    await pushContent(pair.secondary, 'half/app', image, { tag: 'v1' });
    await new DistributionStorage(pair.secondary).forgetManifest('half/app', image.root.digest);
    const { exitCode, report } = await sync('half/app');

    expect(exitCode).toBe(0);
    expect(stepsOf(report, 'half/app')).toMatchObject([
      { kind: 'copy-tag', tag: 'v1', secondaryDigest: null, outcome: 'done' },
    ]);
    expect(await readTagMap(pair.secondary, 'half/app')).toEqual(new Map([['v1', image.root.digest]]));
  });

  it('leaves tags outside the filter alone on both sides', async () => {
    await pushWithOrphans('filtered/app', ['v-gone', 'nightly-gone']);
    await pushContent(pair.primary, 'filtered/app', ociImage('filtered/v1'), { tag: 'v1' });
    await pushContent(pair.primary, 'filtered/app', ociImage('filtered/nightly'), { tag: 'nightly' });
    const { exitCode, report } = await sync('filtered/app', '--tag', 'v*');

    expect(exitCode).toBe(0);
    expect(summaryOf(stepsOf(report, 'filtered/app'))).toEqual([
      'v-gone: delete-orphan-tag skipped DELETIONS_OFF',
      'v1: copy-tag done',
    ]);
    expect(linkOf(report).totals).toMatchObject({ ignored: 3, orphans: 1, copied: 1 });
    expect(await tagsOf(pair.secondary, 'filtered/app')).toEqual(['keep', 'nightly-gone', 'v-gone', 'v1']);
  });

  it.each([
    // The catalog names the repository; its tag list was never there, or is there without a tag.
    { left: 'images without a tag', push: pushContent },
    { left: 'an empty list of tags', push: pushAndDelete },
  ])('holds all deletions where the primary has $left, and is no success', async ({ left, push }) => {
    const repository = `emptied/${left.replaceAll(' ', '-')}`;
    const image = ociImage(repository);
    await push(pair.primary, repository, image);
    await pushContent(pair.secondary, repository, image, { tag: 'v1' });
    const proxy = await RecordingProxy.start(pair.secondary);
    const command = ['sync', ...between(pair.primary, proxy), '--repository', `${repository}*`];
    const [kept, deleting] = await Promise.all([
      runForReport(command),
      runForReport([...command, '--delete-orphans', '--max-deletions', '100%']),
    ]);
    await proxy.stop();

    expect([kept.exitCode, deleting.exitCode]).toEqual([3, 3]);
    expect([kept.report.outcome, deleting.report.outcome]).toEqual(['held', 'held']);
    expect([kept, deleting].map(({ report }) => summaryOf(stepsOf(report, repository)))).toEqual([
      ['v1: delete-orphan-tag held PRIMARY_EMPTY'],
      ['v1: delete-orphan-tag held PRIMARY_EMPTY'],
    ]);
    expect(writesIn(proxy.takeRequests())).toEqual([]);
  });

  it('takes a repository for empty that neither side has a tag of, where the catalog names it', async () => {
    await pushContent(pair.primary, 'untagged/app', ociImage('untagged/app'));
    const { exitCode, report } = await sync('untagged/*');

    expect(exitCode).toBe(0);
    expect(repositoryOf(report, 'untagged/app')).toMatchObject({ outcome: 'in-sync', steps: [] });
  });

  it('fails a repository that was named exactly and is not there, and does the others', async () => {
    await pushContent(pair.primary, 'present/app', ociImage('present/app'), { tag: 'v1' });
    await pushContent(pair.secondary, 'absent/app', ociImage('absent/app'), { tag: 'v1' });
    const { exitCode, report } = await sync('absent/app', '--repository', 'present/app', '--delete-orphans');

    expect(exitCode).toBe(1);
    expect(report.outcome).toBe('partial');
    expect(repositoryOf(report, 'absent/app')).toMatchObject({
      outcome: 'failed',
      reason: 'REPOSITORY_MISSING',
      steps: [],
    });
    expect(repositoryOf(report, 'absent/app').message).toContain('absent/app');
    expect(summaryOf(stepsOf(report, 'present/app'))).toEqual(['v1: copy-tag done']);
    expect(await tagsOf(pair.secondary, 'absent/app')).toEqual(['v1']);
  });
});
