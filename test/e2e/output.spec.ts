import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';

import { ociImage } from '../builders/image-content.ts';
import { pushContent, tagManifest } from '../builders/push-content.ts';
import { registryForTests } from '../registries/registry-for-tests.ts';
import { progressLines, runCommandLine, runForReport, type CommandResult } from './command-line.ts';
import { DistributionStorage } from './distribution-storage.ts';
import { between, startPair, type RegistryPair } from './registry-pair.ts';
import { linkOf, ReportDocument } from './report-document.ts';

const real = await registryForTests();
const describeReal = real.isAvailable ? describe : describe.skip;

const link = { link: z.literal('ad-hoc'), secondary: z.string().min(1) };
const Event = z.discriminatedUnion('event', [
  z.strictObject({
    time: z.iso.datetime(),
    event: z.literal('cycle-started'),
    cycleId: z.uuid(),
    command: z.enum(['sync', 'plan', 'verify']),
    links: z.array(z.strictObject(link)),
  }),
  z.strictObject({
    time: z.iso.datetime(),
    event: z.literal('link-started'),
    ...link,
    repositories: z.int(),
  }),
  z.strictObject({
    time: z.iso.datetime(),
    event: z.literal('repository-planned'),
    ...link,
    repository: z.string(),
    steps: z.int(),
  }),
  z.strictObject({
    time: z.iso.datetime(),
    event: z.literal('step'),
    ...link,
    repository: z.string(),
    kind: z.string(),
    tag: z.string(),
    outcome: z.string(),
    reason: z.string().nullable(),
  }),
  z.strictObject({
    time: z.iso.datetime(),
    event: z.literal('repository-finished'),
    ...link,
    repository: z.string(),
    outcome: z.string(),
    reason: z.string().nullable(),
    bytesCopied: z.int(),
  }),
  z.strictObject({
    time: z.iso.datetime(),
    event: z.literal('cycle-finished'),
    cycleId: z.uuid(),
    command: z.string(),
    outcome: z.string(),
  }),
]);

/** The text without what differs from run to run: addresses, numbers of bytes and requests, times, identifiers. */
function stable(text: string): string {
  return text
    .replaceAll(/127\.0\.0\.1:\d+/g, 'HOST')
    .replaceAll(/sha256:[0-9a-f]+/g, 'sha256:HEX')
    .replaceAll(/→[0-9a-f]{8}…/g, '→HEX…')
    .replaceAll(/\d+(?:\.\d+)? (?:[KMG]i)?B(?:\/s)?/g, 'SIZE')
    .replaceAll(/\d+ to the (primary|secondary)/g, 'N to the $1')
    .replace(/^duration .*$/m, 'duration  …')
    .replaceAll(/ +/g, ' ');
}

describeReal(real.titleOf('what a command prints to a pipe'), () => {
  let pair: RegistryPair;
  let text: CommandResult;

  beforeAll(async () => {
    pair = await startPair(real.provider);
    const [image, old, broken] = [ociImage('new'), ociImage('old'), ociImage('broken')];
    await pushContent(pair.primary, 'team/app', image, { tag: 'v1' });
    await tagManifest(pair.primary, 'team/app', 'v2', image);
    await pushContent(pair.primary, 'team/app', broken, { tag: 'v3' });
    await pushContent(pair.secondary, 'team/app', old, { tag: 'v2' });
    await tagManifest(pair.secondary, 'team/app', 'gone', old);
    await pushContent(pair.primary, 'team/quiet', image, { tag: 'v1' });
    await pushContent(pair.secondary, 'team/quiet', image, { tag: 'v1' });
    await new DistributionStorage(pair.primary).removeBlob(broken.blobs[2]!.digest);
    text = await runCommandLine(['sync', ...between(pair.primary, pair.secondary)]);
  });

  afterAll(async () => {
    await pair.stop();
  });

  it('is a verdict, a table, what is not in sync, what to do, and totals', () => {
    expect(text.exitCode).toBe(1);
    expect(stable(text.stdout)).toMatch(
      /^HOST → HOST PARTIAL 1 of 4 tags failed, 1 copied, 1 moved, 1 orphan left alone\n/,
    );
    expect(stable(text.stdout)).toMatch(/\n repository in sync copied moved orphans failed bytes\n/);
    expect(stable(text.stdout)).toMatch(/\n team\/app 0 1 1 1 1 SIZE\n/);
    expect(stable(text.stdout)).toMatch(/\n copy failed team\/app:v3 none→sha256:HEX… MISSING_CONTENT\n/);
    expect(stable(text.stdout)).toMatch(/\n copied team\/app:v1 none→sha256:HEX…\n/);
    expect(stable(text.stdout)).toMatch(/\n moved team\/app:v2 sha256:HEX…→HEX…\n/);
    expect(stable(text.stdout)).toMatch(/\n delete skipped team\/app:gone sha256:HEX…→none DELETIONS_OFF\n/);
    expect(stable(text.stdout)).toMatch(
      /\nMISSING_CONTENT\n A tag, manifest or blob that should be there is not\.\n What to do: On the primary: push the image anew\./,
    );
    expect(stable(text.stdout)).toMatch(/\nrequests N to the primary, N to the secondary\n/);
    expect(stable(text.stdout)).toMatch(/\nduration …\n$/);
  });

  it('has no escape sequence in it', () => {
    expect(text.stdout + text.stderr).not.toContain('\u001b');
  });

  it('tells its progress on standard error, one document of JSON per line and per step', () => {
    const events = progressLines(text.stderr);
    const steps = events.filter(({ event }) => event === 'step');

    expect(text.stderr.trim().split('\n')).toHaveLength(events.length);
    expect(events.map((event) => Event.parse(event).event)).toEqual(
      expect.arrayContaining(['cycle-started', 'link-started', 'repository-planned', 'cycle-finished']),
    );
    expect(events[0]?.event).toBe('cycle-started');
    expect(events.at(-1)).toMatchObject({ event: 'cycle-finished', outcome: 'partial' });
    expect(
      steps.map(({ kind, tag, outcome, reason }) => [kind, tag, outcome, reason].join(' ')).sort(),
    ).toEqual([
      'copy-tag v1 done ',
      'copy-tag v3 failed MISSING_CONTENT',
      'delete-orphan-tag gone skipped DELETIONS_OFF',
      'move-tag v2 done ',
    ]);
  });

  it('is one JSON document and nothing else with --output json', async () => {
    const result = await runForReport(['sync', ...between(pair.primary, pair.secondary)]);
    const { startedAt, finishedAt, links } = result.report;

    expect(ReportDocument.parse(JSON.parse(result.stdout))).toEqual(result.report);
    expect(Date.parse(finishedAt)).toBeGreaterThanOrEqual(Date.parse(startedAt));
    expect(links).toHaveLength(1);
    expect(linkOf(result.report)).toMatchObject({
      link: 'ad-hoc',
      primary: new URL(pair.primary.url).host,
      secondary: new URL(pair.secondary.url).host,
    });
    expect(linkOf(result.report).totals).toMatchObject({
      repositories: 2,
      inSync: 3,
      copied: 0,
      failed: 1,
      orphans: 1,
    });
    expect(linkOf(result.report).totals.requestsPrimary).toBeGreaterThan(0);
    expect(linkOf(result.report).totals.requestsSecondary).toBeGreaterThan(0);
  });

  it('counts requests to the primary once where there are several secondaries', async () => {
    const another = await real.provider.start();
    const { report } = await runForReport([
      ...['plan', ...between(pair.primary, pair.secondary, another), '--repository', 'team/quiet'],
    ]);
    await another.stop();

    expect(report.links.map(({ totals }) => totals.requestsPrimary > 0)).toEqual([true, false]);
    expect(report.links.map(({ totals }) => totals.requestsSecondary > 0)).toEqual([true, true]);
  });
});
