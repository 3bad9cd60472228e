import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { ociImage } from '../builders/image-content.ts';
import { ociIndex } from '../builders/index-content.ts';
import { pushContent, tagManifest } from '../builders/push-content.ts';
import { registryForTests } from '../registries/registry-for-tests.ts';
import { runCommandLine, runForReport, type ReportedResult } from './command-line.ts';
import { RecordingProxy, writesIn } from './recording-proxy.ts';
import { between, startPair, tagsOf, type RegistryPair } from './registry-pair.ts';
import { linkOf, stepsOf, summaryOf, type ReportedStep } from './report-document.ts';

const second = await registryForTests();
const third = await registryForTests('distribution3');

const cases = [
  // Deleting takes the detour there, and the plan is the same.
  { registry: second, deleting: ['--delete-orphans', '--delete-fallback', 'tombstone'] },
  { registry: third, deleting: ['--delete-orphans'] },
] as const;

for (const { registry, deleting } of cases) {
  (registry.isAvailable ? describe : describe.skip)(registry.titleOf('plan'), () => {
    let pair: RegistryPair;
    let primary: RecordingProxy;
    let secondary: RecordingProxy;

    beforeAll(async () => {
      pair = await startPair(registry.provider);
      primary = await RecordingProxy.start(pair.primary);
      secondary = await RecordingProxy.start(pair.secondary);
    });

    afterAll(async () => {
      await Promise.all([pair.stop(), primary.stop(), secondary.stop()]);
    });

    async function run(command: 'sync' | 'plan', ...flags: readonly string[]): Promise<ReportedResult> {
      return await runForReport([command, ...between(primary, secondary), ...flags]);
    }

    /** Two missing tags, one of them an index, a moved one, one in sync, one outside `v*`, and an orphan. */
    async function pushDifferences(repository: string): Promise<void> {
      const [old, image] = [ociImage(`${repository}/old`), ociImage(`${repository}/image`)];
      await pushContent(pair.primary, repository, ociIndex(`${repository}/multi`), { tag: 'v1' });
      await pushContent(pair.primary, repository, image, { tag: 'v2' });
      for (const tag of ['v3', 'v4', 'nightly']) await tagManifest(pair.primary, repository, tag, image);
      await pushContent(pair.secondary, repository, old, { tag: 'v3' });
      await pushContent(pair.secondary, repository, image, { tag: 'v4' });
      await tagManifest(pair.secondary, repository, 'v5', old);
    }

    it('writes nothing, and says what sync then does, step by step', async () => {
      await pushDifferences('same/app');
      const flags = ['--repository', 'same/app', '--tag', 'v*', ...deleting];
      const planned = await run('plan', ...flags);
      const again = await run('plan', ...flags);
      const planRequests = [...primary.takeRequests(), ...secondary.takeRequests()];
      const tagsAfterPlan = await tagsOf(pair.secondary, 'same/app');
      const synced = await run('sync', ...flags);
      const after = await run('plan', ...flags);

      const whatOf = ({ report }: ReportedResult): Omit<ReportedStep, 'outcome'>[] =>
        stepsOf(report, 'same/app').map(({ outcome: _, ...what }) => what);
      expect(summaryOf(stepsOf(planned.report, 'same/app'))).toEqual([
        'v1: copy-tag planned',
        'v2: copy-tag planned',
        'v3: move-tag planned',
        'v5: delete-orphan-tag planned',
      ]);
      expect(writesIn(planRequests)).toEqual([]);
      expect(tagsAfterPlan).toEqual(['v3', 'v4', 'v5']);
      expect(whatOf(again)).toEqual(whatOf(planned));
      expect(whatOf(synced)).toEqual(whatOf(planned));
      expect(stepsOf(synced.report, 'same/app').map(({ outcome }) => outcome)).toEqual([
        'done',
        'done',
        'done',
        'done',
      ]);
      expect([planned, again, synced, after].map(({ exitCode }) => exitCode)).toEqual([3, 3, 0, 0]);
      expect([planned, synced, after].map(({ report }) => report.outcome)).toEqual([
        ...['differences', 'in-sync', 'in-sync'],
      ]);
      expect(linkOf(planned.report).totals).toMatchObject({
        copied: 0,
        moved: 0,
        deleted: 0,
        inSync: 1,
        orphans: 1,
      });
    });

    it('lists ignored tags with --show-ignored, and only then', async () => {
      await pushDifferences('ignored/app');
      const flags = ['--repository', 'ignored/app', '--tag', 'v2'];
      const hidden = await run('plan', ...flags);
      const shown = await run('plan', ...flags, '--show-ignored');
      const text = await runCommandLine(['plan', ...between(primary, secondary), ...flags, '--show-ignored']);

      expect(summaryOf(stepsOf(hidden.report, 'ignored/app'))).toEqual(['v2: copy-tag planned']);
      expect(summaryOf(stepsOf(shown.report, 'ignored/app'))).toEqual([
        'nightly: skip-tag skipped FILTERED_TAG',
        'v1: skip-tag skipped FILTERED_TAG',
        'v2: copy-tag planned',
        'v3: skip-tag skipped FILTERED_TAG',
        'v4: skip-tag skipped FILTERED_TAG',
        'v5: skip-tag skipped FILTERED_TAG',
      ]);
      expect([hidden, shown].map(({ report }) => linkOf(report).totals.ignored)).toEqual([5, 5]);
      expect(text.stdout).toMatch(/ignored +ignored\/app:v5 +FILTERED_TAG/);
    });
  });
}
