import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { ociImage } from '../builders/image-content.ts';
import { pushContent } from '../builders/push-content.ts';
import { readTagMap } from '../builders/registry-witness.ts';
import { registryForTests } from '../registries/registry-for-tests.ts';
import { runCommandLine, runForReport, type ReportedResult } from './command-line.ts';
import { between, startPair, type RegistryPair } from './registry-pair.ts';
import { linkOf, summaryOf } from './report-document.ts';
import { startWebServer, unusedAddress, type StubServer } from './stub-servers.ts';

const real = await registryForTests();
const describeReal = real.isAvailable ? describe : describe.skip;

describeReal(real.titleOf('a registry that cannot be read'), () => {
  const image = ociImage('unreadable');
  let pair: RegistryPair;
  let page: StubServer;
  let nobody: { readonly url: string; readonly host: string };
  /** Runs that wait for a dead registry, all at the same time: each gives it several chances. */
  let waiting: {
    readonly withoutPrimary: ReportedResult;
    readonly withoutSecondary: ReportedResult;
    readonly withOneDead: ReportedResult;
  };

  beforeAll(async () => {
    pair = await startPair(real.provider);
    page = await startWebServer();
    nobody = await unusedAddress();
    await pushContent(pair.primary, 'team/app', image, { tag: 'v1' });
    const [withoutPrimary, withoutSecondary, withOneDead] = await Promise.all([
      runForReport(['sync', ...between(nobody, pair.secondary)]),
      runForReport(['sync', ...between(pair.primary, nobody)]),
      runForReport(['sync', ...between(pair.primary, nobody, pair.secondary)]),
    ]);
    waiting = { withoutPrimary, withoutSecondary, withOneDead };
  });

  afterAll(async () => {
    await Promise.all([pair.stop(), page.stop()]);
  });

  it('answers with 4 and names a primary that nobody listens at', () => {
    const { exitCode, report } = waiting.withoutPrimary;

    expect(exitCode).toBe(4);
    expect(report.outcome).toBe('failed');
    expect(linkOf(report)).toMatchObject({ primary: nobody.host, outcome: 'failed', reason: 'NETWORK' });
    expect(linkOf(report).message).toMatch(/^primary: /);
    expect(linkOf(report).message).toContain(nobody.host);
  });

  it('answers with 4 and names a secondary that nobody listens at', () => {
    const { exitCode, report } = waiting.withoutSecondary;

    expect(exitCode).toBe(4);
    expect(linkOf(report)).toMatchObject({ secondary: nobody.host, outcome: 'failed', reason: 'NETWORK' });
    expect(linkOf(report).message).toMatch(/^secondary: /);
    expect(linkOf(report).message).toContain(nobody.host);
  });

  it('serves one secondary although another is dead, and answers with 4', async () => {
    const { exitCode, report } = waiting.withOneDead;
    const [dead, alive] = report.links;

    expect(exitCode).toBe(4);
    expect(report.outcome).toBe('partial');
    expect(dead).toMatchObject({ secondary: nobody.host, outcome: 'failed', reason: 'NETWORK' });
    expect(alive).toMatchObject({ outcome: 'in-sync', totals: { copied: 1, failed: 0 } });
    expect(alive?.repositories.map(({ steps }) => summaryOf(steps))).toEqual([['v1: copy-tag done']]);
    expect(await readTagMap(pair.secondary, 'team/app')).toEqual(new Map([['v1', image.root.digest]]));
  });

  it.each(['sync', 'plan', 'verify'])(
    'answers %s with 4 where the primary is a web server, and asks it no more than a few times',
    async (command) => {
      const before = page.count();
      const { exitCode, report } = await runForReport([command, ...between(page, pair.secondary)]);

      expect(exitCode).toBe(4);
      expect(linkOf(report).reason).toBe('MALFORMED_RESPONSE');
      expect(linkOf(report).message).toContain(new URL(page.url).host);
      expect(page.count() - before).toBeLessThan(3);
    },
  );

  it('answers with 4 where the secondary is a web server', async () => {
    const { exitCode, report } = await runForReport(['sync', ...between(pair.primary, page)]);

    expect(exitCode).toBe(4);
    expect(linkOf(report).reason).toBe('MALFORMED_RESPONSE');
    expect(linkOf(report).message).toMatch(/^secondary: /);
  });

  it('says in its text which registry it was, what that means and what to do', async () => {
    const { exitCode, stdout } = await runCommandLine(['sync', ...between(page, pair.secondary)]);
    const host = new URL(page.url).host;

    expect(exitCode).toBe(4);
    expect(stdout).toMatch(/FAILED +the primary could not be read \(MALFORMED_RESPONSE\)/);
    expect(stdout).toContain(`primary unreadable  ${host}`);
    expect(stdout).toContain('What to do: Check that the address is that of a registry');
  });
});
