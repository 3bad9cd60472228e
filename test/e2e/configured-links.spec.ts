import { readdir } from 'node:fs/promises';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { ociImage } from '../builders/image-content.ts';
import { deleteManifest, pushContent } from '../builders/push-content.ts';
import { readTagMap } from '../builders/registry-witness.ts';
import { registryForTests } from '../registries/registry-for-tests.ts';
import { runCommandLine, runForReport, startCommandLine, type ReportedResult } from './command-line.ts';
import { RecordingProxy } from './recording-proxy.ts';
import { between, startPair, tagsOf, type RegistryPair } from './registry-pair.ts';
import { linkOf, stepsOf, summaryOf } from './report-document.ts';
import { signal } from './signal.ts';
import { WorkDirectory } from './work-directory.ts';

const real = await registryForTests();
const describeReal = real.isAvailable ? describe : describe.skip;

describeReal(real.titleOf('configured links, with their state in the embedded database'), () => {
  let pair: RegistryPair;
  let directory: WorkDirectory;

  beforeAll(async () => {
    pair = await startPair(real.provider);
    directory = await WorkDirectory.create();
  });

  afterAll(async () => {
    await Promise.all([pair.stop(), directory.remove()]);
  });

  /** One link that deletes what was absent twice, however soon. */
  async function configure(
    repository: string,
    {
      tags = '{}',
      secondary = pair.secondary.url,
    }: { readonly tags?: string; readonly secondary?: string } = {},
  ): Promise<string[]> {
    const config = await directory.write(
      'geo.yaml',
      `registries:
  eu: { url: "${pair.primary.url}" }
  us: { url: "${secondary}" }
links:
  - name: eu-to-us
    primary: eu
    secondaries: [us]
    repositories: { include: ["${repository}"] }
    tags: ${tags}
    deletions: { orphans: delete, fallback: tombstone, minAbsence: 0s, minObservations: 2 }
database: { directory: ${directory.path}/data }
`,
    );
    return ['--config', config];
  }

  const saidOf = ({ report }: ReportedResult, repository: string): string[] =>
    summaryOf(stepsOf(report, repository));

  it('believes that a tag is gone step by step: first cycle, one observation, deleted', async () => {
    const repository = 'believed/app';
    const gone = ociImage(`${repository}/gone`);
    await pushContent(pair.primary, repository, ociImage(`${repository}/keep`), { tag: 'keep' });
    await pushContent(pair.primary, repository, gone, { tag: 'gone' });
    await pushContent(pair.secondary, repository, ociImage(`${repository}/foreign`), { tag: 'foreign' });
    const link = await configure(repository);
    const sync = async (): Promise<ReportedResult> => await runForReport(['sync', ...link]);

    const first = await sync();
    await deleteManifest(pair.primary, repository, gone.root.digest);
    const planned = await runForReport(['plan', ...link]);
    const second = await sync();
    const third = await sync();

    expect(saidOf(first, repository)).toEqual([
      'foreign: delete-orphan-tag held FIRST_CYCLE',
      'gone: copy-tag done',
      'keep: copy-tag done',
    ]);
    // A plan counts as no observation.
    expect(saidOf(planned, repository)).toEqual(saidOf(second, repository));
    expect(saidOf(second, repository)).toEqual([
      'foreign: delete-orphan-tag held FOREIGN_TAG',
      'gone: delete-orphan-tag held TOO_FEW_OBSERVATIONS',
    ]);
    expect(saidOf(third, repository)).toEqual([
      'foreign: delete-orphan-tag held FOREIGN_TAG',
      'gone: delete-orphan-tag done',
    ]);
    expect([first, planned, second, third].map(({ exitCode }) => exitCode)).toEqual([3, 3, 3, 3]);
    expect(linkOf(third.report).totals).toMatchObject({ deleted: 1, held: 1, orphans: 2, inSync: 1 });
    expect(await tagsOf(pair.secondary, repository)).toEqual(['foreign', 'keep']);
  });

  it('copies and deletes nothing in the first cycle after its filters changed', async () => {
    const repository = 'changed/app';
    const gone = ociImage(`${repository}/gone`);
    await pushContent(pair.primary, repository, ociImage(`${repository}/keep`), { tag: 'v1' });
    await pushContent(pair.primary, repository, gone, { tag: 'v2' });
    const before = await configure(repository);
    const first = await runForReport(['sync', ...before]);
    await deleteManifest(pair.primary, repository, gone.root.digest);
    await pushContent(pair.primary, repository, ociImage(`${repository}/new`), { tag: 'v3' });
    const observed = await runForReport(['sync', ...before]);
    const after = await configure(repository, { tags: '{ include: ["v*"] }' });
    const changed = await runForReport(['sync', ...after]);
    const settled = await runForReport(['sync', ...after]);

    expect(first.exitCode).toBe(0);
    expect(saidOf(observed, repository)).toEqual([
      'v2: delete-orphan-tag held TOO_FEW_OBSERVATIONS',
      'v3: copy-tag done',
    ]);
    expect(saidOf(changed, repository)).toEqual(['v2: delete-orphan-tag held CONFIG_CHANGED']);
    expect(saidOf(settled, repository)).toEqual(['v2: delete-orphan-tag done']);
    expect([observed, changed, settled].map(({ exitCode }) => exitCode)).toEqual([3, 3, 0]);
    expect(await readTagMap(pair.secondary, repository)).toEqual(await readTagMap(pair.primary, repository));
  });

  it('refuses a second sync on its database with exit 2, while plan and verify work beside it', async () => {
    const repository = 'held/app';
    await pushContent(pair.primary, repository, ociImage(repository), { tag: 'v1' });
    // The first sync stands still in its first upload, and so holds the database for as long as it is wanted.
    const uploading = signal();
    const stuck = await RecordingProxy.start(pair.secondary, {
      on: /^PUT .*\/blobs\/uploads\//,
      tell: uploading.give,
      after: signal().given,
    });
    const link = await configure(repository, { secondary: stuck.url });
    const holder = startCommandLine(['sync', ...link]);
    await uploading.given;
    const uncalled = await RecordingProxy.start(pair.secondary);
    const other = await directory.write('other.yaml', otherLink(uncalled.url));
    const refused = await runCommandLine(['sync', '--config', other]);
    const [planned, verified] = await Promise.all([
      runForReport(['plan', ...link]),
      runForReport(['verify', ...link]),
    ]);
    holder.signal('SIGINT');
    const ended = await holder.ended;
    await Promise.all([stuck.stop(), uncalled.stop()]);

    expect(refused.exitCode).toBe(2);
    expect(refused.stdout).toBe('');
    expect(refused.stderr).toContain(`${directory.path}/data`);
    expect(refused.stderr).toContain('POST /api/v1/links/{link}/resync');
    expect(uncalled.takeRequests()).toEqual([]);
    expect([planned.exitCode, verified.exitCode]).toEqual([3, 1]);
    expect(saidOf(planned, repository)).toEqual(['v1: copy-tag planned']);
    expect(ended.exitCode).toBe(130);
  });

  function otherLink(url: string): string {
    return `registries: { eu: { url: "${url}" }, us: { url: "${pair.primary.url}" } }
links: [{ name: other, primary: eu, secondaries: [us] }]
database: { directory: ${directory.path}/data }
`;
  }

  it('selects links and repositories by flags, and refuses names that are none', async () => {
    await pushContent(pair.primary, 'selected/one', ociImage('selected/one'), { tag: 'v1' });
    await pushContent(pair.primary, 'selected/two', ociImage('selected/two'), { tag: 'v1' });
    const link = await configure('selected/*');
    const selected = await runForReport([
      'plan',
      ...link,
      '--link',
      'eu-to-us',
      '--repository',
      'selected/two',
    ]);
    const unknownLink = await runCommandLine(['plan', ...link, '--link', 'us-to-eu']);
    const outOfScope = await runCommandLine(['plan', ...link, '--repository', 'other/app']);

    expect(linkOf(selected.report).repositories.map(({ primaryRepository }) => primaryRepository)).toEqual([
      'selected/two',
    ]);
    expect(unknownLink).toMatchObject({ exitCode: 2, stdout: '' });
    expect(unknownLink.stderr).toMatch(/--link: there is no link "us-to-eu".*eu-to-us/);
    expect(outOfScope).toMatchObject({ exitCode: 2, stdout: '' });
    expect(outOfScope.stderr).toContain('--repository');
  });

  it('keeps the state of an ad-hoc run where --data says, and else writes no file', async () => {
    const here = await WorkDirectory.create();
    await pushContent(pair.primary, 'adhoc/app', ociImage('adhoc/app'), { tag: 'v1' });
    const command = ['sync', ...between(pair.primary, pair.secondary), '--repository', 'adhoc/app'];
    const without = await runForReport(command, { workingDirectory: here.path });
    const filesWithout = await readdir(here.path);
    const kept = await runForReport([...command, '--data', 'state'], { workingDirectory: here.path });
    const filesWith = await readdir(here.path);
    await here.remove();

    expect([without.exitCode, kept.exitCode]).toEqual([0, 0]);
    expect(filesWithout).toEqual([]);
    expect(filesWith).toEqual(['state']);
  });
});
