import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { pushCorpus, type CorpusTotals } from '../../builders/push-corpus.ts';
import { readTagMap } from '../../builders/registry-witness.ts';
import { smallCorpus } from '../../builders/seeded-corpus.ts';
import { runStatement, startPostgres, type PostgresHarness } from '../../databases/postgres-harness.ts';
import { registryForTests } from '../../registries/registry-for-tests.ts';
import type { RunningRegistry } from '../../registries/registry-provider.ts';
import { noCache } from '../registry-pair.ts';
import { WorkDirectory } from '../work-directory.ts';
import { RunningService, type LogLine } from './running-service.ts';

const registry = await registryForTests();

const SIZES = { medianBytes: 60_000, sigma: 0.3, maxBytes: 100_000 };

const CORPUS = {
  ...smallCorpus,
  seed: 'lost and told',
  repositories: 6,
  tags: 12,
  baseLayerBytes: SIZES,
  layerBytes: SIZES,
};

/** At this rate the corpus takes a minute. */
const SLOW = 20_000;

const FAST = 100_000_000;

(registry.isAvailable ? describe : describe.skip)(registry.titleOf('one process of the service'), () => {
  let primary: RunningRegistry;
  let secondary: RunningRegistry;
  let postgres: PostgresHarness;
  let pushed: CorpusTotals;
  let directory: WorkDirectory;
  let service: RunningService;

  beforeAll(async () => {
    [primary, postgres] = await Promise.all([
      registry.provider.start({ extraConfiguration: noCache }),
      startPostgres(),
    ]);
    pushed = await pushCorpus(primary, CORPUS);
  }, 120_000);

  afterAll(async () => {
    await Promise.all([primary.stop(), postgres.stop()]);
  });

  beforeEach(async () => {
    [secondary, directory] = await Promise.all([
      registry.provider.start({ extraConfiguration: noCache }),
      WorkDirectory.create(),
    ]);
  });

  afterEach(async () => {
    await service.stop();
    await Promise.all([secondary.stop(), directory.remove()]);
  }, 60_000);

  function configuration({
    bytesPerSecond,
    database = '',
  }: {
    readonly bytesPerSecond: number;
    readonly database?: string;
  }): string {
    return `registries:
  eu: { url: "${primary.url}" }
  us: { url: "${secondary.url}", limits: { bytesPerSecond: ${bytesPerSecond} } }
links:
  - { name: eu-to-us, primary: eu, secondaries: [us], schedule: "*/10 * * * * *" }
${database}
server: { port: 0 }
log: { level: debug }
`;
  }

  async function start(text: string, environment: Record<string, string> = {}): Promise<void> {
    const file = await directory.write('geo-reconciler.yaml', text);
    service = RunningService.start('service', file, { environment, workingDirectory: directory.path });
  }

  async function readiness(): Promise<unknown> {
    const answer = await fetch(`${await service.url()}/readyz`);
    const { checks } = (await answer.json()) as { readonly checks: unknown };
    return { status: answer.status, checks };
  }

  it('ends within 25 s with 0 when it is told to in the middle of a copy, and has told no lie', async () => {
    await start(configuration({ bytesPerSecond: SLOW }));
    await service.line(isBegin);
    const toldAt = performance.now();

    service.signal('SIGTERM');

    expect(await service.ended).toBe(0);
    expect(performance.now() - toldAt).toBeLessThan(25_000);
    expect(service.lines.filter(isCycleInSync)).toEqual([]);
    expect(service.lines.at(-1)?.msg).toBe('the service has stopped');
  }, 60_000);

  it('keeps the old links when the new file is bad, says so, and takes the next good one', async () => {
    await start(configuration({ bytesPerSecond: FAST }));
    await service.line(isCycleInSync);
    const good = await readiness();

    await directory.write('geo-reconciler.yaml', 'links: [{ nonsense: true }]');
    await service.line(({ msg }) => msg.startsWith('the new configuration is refused'));
    const refused = await readiness();
    const afterRefusal = service.lines.length;
    await service.line(isCycleInSync, { after: afterRefusal });
    await directory.write('geo-reconciler.yaml', configuration({ bytesPerSecond: FAST }));
    service.signal('SIGHUP');
    await service.line(({ msg }) => msg === 'the configuration was read again', { after: afterRefusal });

    const up = { database: 'up', queue: 'up', configuration: 'up' };
    expect(good).toEqual({ status: 200, checks: up });
    expect(refused).toEqual({ status: 503, checks: { ...up, configuration: 'down' } });
    expect(await readiness()).toEqual({ status: 200, checks: up });
  }, 90_000);

  it('survives the loss of its database in the middle of a copy, and goes on when it is back', async () => {
    const url = await postgres.freshDatabase();
    const name = new URL(url).pathname.slice(1);
    const database = 'database: { url: { env: DATABASE_URL } }';
    await start(configuration({ bytesPerSecond: 300_000, database }), { DATABASE_URL: url });
    await service.line(isBegin);

    await runStatement(postgres.adminUrl, `ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
    await runStatement(
      postgres.adminUrl,
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`,
    );
    await service.line(({ msg }) => msg === 'the queue does not answer');
    const down = await readiness();
    await runStatement(postgres.adminUrl, `ALTER DATABASE ${name} ALLOW_CONNECTIONS true`);
    await service.line(isCycleInSync, { seconds: 100 });

    expect(down).toMatchObject({ status: 503, checks: { database: 'down' } });
    const names = [...pushed.tagMaps.keys()];
    const copied = await Promise.all(
      names.map(async (name) => [name, await readTagMap(secondary, name)] as const),
    );
    expect(new Map(copied)).toEqual(pushed.tagMaps);
  }, 150_000);
});

function isBegin({ msg }: LogLine): boolean {
  return msg === 'a run begins';
}

function isCycleInSync({ msg, outcome }: LogLine): boolean {
  return msg === 'a cycle ended' && outcome === 'in-sync';
}
