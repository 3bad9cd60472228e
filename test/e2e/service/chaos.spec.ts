import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { pushCorpus, type CorpusTotals } from '../../builders/push-corpus.ts';
import { readTagMap } from '../../builders/registry-witness.ts';
import { smallCorpus } from '../../builders/seeded-corpus.ts';
import { runStatement, startPostgres, type PostgresHarness } from '../../databases/postgres-harness.ts';
import { registryForTests } from '../../registries/registry-for-tests.ts';
import { startPair, type RegistryPair } from '../registry-pair.ts';
import { WorkDirectory } from '../work-directory.ts';
import { RunningService, type LogLine } from './running-service.ts';

const registry = await registryForTests();

const SIZES = { medianBytes: 60_000, sigma: 0.3, maxBytes: 100_000 };

const CORPUS = {
  ...smallCorpus,
  seed: 'chaos',
  repositories: 8,
  tags: 24,
  baseLayerBytes: SIZES,
  layerBytes: SIZES,
};

/** Slow enough that every fault falls into a copy. */
const BYTES_PER_SECOND = 100_000;

(registry.isAvailable ? describe : describe.skip)(
  registry.titleOf('two replicas of which every part fails'),
  () => {
    const services: RunningService[] = [];
    let pair: RegistryPair;
    let postgres: PostgresHarness;
    let directory: WorkDirectory;
    let url: string;
    let pushed: CorpusTotals;

    beforeAll(async () => {
      [pair, postgres, directory] = await Promise.all([
        startPair(registry.provider),
        startPostgres(),
        WorkDirectory.create(),
      ]);
      [url, pushed] = await Promise.all([postgres.freshDatabase(), pushCorpus(pair.primary, CORPUS)]);
    }, 120_000);

    afterAll(async () => {
      await Promise.all(services.map((service) => service.stop()));
      await Promise.all([pair.stop(), postgres.stop(), directory.remove()]);
    }, 60_000);

    it('have every tag in sync two cycles after the last fault, and have deleted nothing', async () => {
      const file = await directory.write(
        'geo-reconciler.yaml',
        `registries:
  eu: { url: "${pair.primary.url}" }
  us: { url: "${pair.secondary.url}", limits: { bytesPerSecond: ${BYTES_PER_SECOND} } }
links:
  - { name: eu-to-us, primary: eu, secondaries: [us], schedule: "*/10 * * * * *",
      deletions: { orphans: delete, minAbsence: 0s, minObservations: 1, adoptForeign: true, maxPerRepository: 100%, maxPerCycle: 1000 } }
database: { url: { env: DATABASE_URL } }
server: { port: 0 }
log: { level: debug }
`,
      );
      const settings = { environment: { DATABASE_URL: url }, workingDirectory: directory.path };
      const [victim, survivor] = ['victim', 'survivor'].map((name) =>
        RunningService.start(name, file, settings),
      ) as [RunningService, RunningService];
      services.push(victim, survivor);
      await Promise.any(services.map((service) => service.line(isBegin)));

      await pair.secondary.kill();
      await pair.secondary.restart();
      await pair.primary.restart();
      victim.signal('SIGKILL');
      await victim.ended;
      const name = new URL(url).pathname.slice(1);
      await runStatement(postgres.adminUrl, `ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
      await runStatement(
        postgres.adminUrl,
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`,
      );
      await survivor.line(({ msg }) => msg === 'the queue does not answer');
      await runStatement(postgres.adminUrl, `ALTER DATABASE ${name} ALLOW_CONNECTIONS true`);
      const healedFrom = survivor.lines.length;
      // The cycle that the faults fell into is the first to end; two whole ones may follow.
      for (let cycle = 0, from = healedFrom; cycle < 3; cycle += 1) {
        const line = await survivor.line(isEnd, { after: from, seconds: 90 });
        if (line.outcome === 'in-sync') break;
        from = survivor.lines.indexOf(line) + 1;
      }

      const ends = survivor.lines.slice(healedFrom).filter(isEnd);
      expect(ends.map(({ outcome }) => outcome)).toContain('in-sync');
      const names = [...pushed.tagMaps.keys()];
      const copied = await Promise.all(
        names.map(async (each) => [each, await readTagMap(pair.secondary, each)] as const),
      );
      expect(new Map(copied)).toEqual(pushed.tagMaps);
      expect(await runStatement(url, 'SELECT * FROM deletion')).toEqual([]);
    }, 150_000);

    it('of which a new one meets a newer schema: it refuses, with 2, and says what to do', async () => {
      await runStatement(
        url,
        `INSERT INTO geo_reconciler_migration (timestamp, name) VALUES (9999999999999, 'FromTheFuture9999999999999')`,
      );
      const file = await directory.write(
        'newer.yaml',
        `registries: { eu: { url: "${pair.primary.url}" }, us: { url: "${pair.secondary.url}" } }
links: [{ name: eu-to-us, primary: eu, secondaries: [us] }]
database: { url: { env: DATABASE_URL } }
server: { port: 0 }
`,
      );
      const late = RunningService.start('late', file, {
        environment: { DATABASE_URL: url },
        workingDirectory: directory.path,
      });

      expect(await late.ended).toBe(2);
      expect(late.lines.map(({ msg }) => msg).join('\n')).toContain('migrated by a newer release');
    }, 60_000);
  },
);

function isBegin({ msg }: LogLine): boolean {
  return msg === 'a run begins';
}

function isEnd({ msg }: LogLine): boolean {
  return msg === 'a cycle ended';
}
