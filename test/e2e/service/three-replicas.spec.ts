import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openState } from '../../../src/state/open-state.ts';
import { Secret } from '../../../src/config/secret.ts';
import { pushCorpus, type CorpusTotals } from '../../builders/push-corpus.ts';
import { smallCorpus } from '../../builders/seeded-corpus.ts';
import { runStatement, startPostgres, type PostgresHarness } from '../../databases/postgres-harness.ts';
import type { RunningRegistry } from '../../registries/registry-provider.ts';
import { registryForTests } from '../../registries/registry-for-tests.ts';
import { startPair, type RegistryPair } from '../registry-pair.ts';
import { readTagMap } from '../../builders/registry-witness.ts';
import { RunningService, type LogLine } from './running-service.ts';
import { WorkDirectory } from '../work-directory.ts';

const registry = await registryForTests();

/** Slow enough that a process can be killed in the middle of a copy. */
const BYTES_PER_SECOND = 600_000;

const SIZES = { medianBytes: 300_000, sigma: 0.3, maxBytes: 600_000 };

const CORPUS = {
  ...smallCorpus,
  seed: 'three replicas',
  // More than two processes take at once.
  repositories: 44,
  tags: 70,
  baseLayerBytes: SIZES,
  layerBytes: SIZES,
};

/** Every change of a lease, as the database saw it. */
const LEASE_LOG = `
  CREATE TABLE lease_log (id serial, at timestamptz DEFAULT clock_timestamp(), repository text,
    old_owner text, old_expires_at timestamptz, new_owner text);
  CREATE FUNCTION log_lease() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO lease_log (repository, old_owner, old_expires_at, new_owner)
    VALUES (NEW.repository, OLD.lease_owner, OLD.lease_expires_at, NEW.lease_owner);
    RETURN NEW;
  END $$;
  CREATE TRIGGER log_lease AFTER UPDATE ON repository_work FOR EACH ROW
    WHEN (OLD.lease_owner IS DISTINCT FROM NEW.lease_owner) EXECUTE FUNCTION log_lease()`;

(registry.isAvailable ? describe : describe.skip)(registry.titleOf('three replicas on one database'), () => {
  let pair: RegistryPair;
  let postgres: PostgresHarness;
  let url: string;
  let directory: WorkDirectory;
  let pushed: CorpusTotals;
  const services: RunningService[] = [];

  beforeAll(async () => {
    [pair, postgres, directory] = await Promise.all([
      startPair(registry.provider),
      startPostgres(),
      WorkDirectory.create(),
    ]);
    [url, pushed] = await Promise.all([postgres.freshDatabase(), pushCorpus(pair.primary, CORPUS)]);
    const state = await openState({ kind: 'postgres', url: new Secret(url) }, 'read-write', () => undefined);
    await state.close();
    await runStatement(url, LEASE_LOG);
  }, 120_000);

  afterAll(async () => {
    await Promise.all(services.map((service) => service.stop()));
    await Promise.all([pair.stop(), postgres.stop(), directory.remove()]);
  }, 60_000);

  it('share the work, take over what a killed one has begun, and never work on one repository twice at once', async () => {
    const file = await directory.write(
      'geo-reconciler.yaml',
      `registries:
  eu: { url: "${pair.primary.url}" }
  us: { url: "${pair.secondary.url}", limits: { bytesPerSecond: ${BYTES_PER_SECOND} } }
links:
  - { name: eu-to-us, primary: eu, secondaries: [us], schedule: "*/20 * * * * *" }
database: { url: { env: DATABASE_URL } }
server: { port: 0 }
log: { level: debug }
`,
    );
    for (const name of ['one', 'two', 'three']) {
      services.push(
        RunningService.start(name, file, {
          environment: { DATABASE_URL: url },
          workingDirectory: directory.path,
        }),
      );
    }
    await Promise.all(services.map((service) => service.line(isBegin)));

    const [victim, ...survivors] = services.toSorted((a, b) => underWay(b).length - underWay(a).length);
    const seen = survivors.map(({ lines }) => lines.length);
    victim?.signal('SIGKILL');
    await victim?.ended;
    const orphaned = underWay(victim);
    const killedAt = Date.now();
    const takenOver = await Promise.all(
      orphaned.map((repository) =>
        Promise.any(
          survivors.map((service, index) =>
            service.line((line) => isBeginOf(repository, line), { after: seen[index]! }),
          ),
        ),
      ),
    );
    await Promise.any(survivors.map((service) => service.line(isInSync, { seconds: 90 })));

    expect(orphaned).not.toEqual([]);
    const latest = Math.max(...takenOver.map(({ time }) => Date.parse(time)));
    expect(latest - killedAt).toBeLessThan(60_000);
    expect(await stolenLeases(url)).toEqual([]);
    expect(overlaps(survivors)).toEqual([]);
    expect(await tagMapsOf(pair.secondary, pushed)).toEqual(pushed.tagMaps);
  }, 180_000);

  it('end with 0 when they are told to stop', async () => {
    for (const service of services) service.signal('SIGTERM');

    const codes = await Promise.all(services.map(({ ended }) => ended));

    // The killed one has no code.
    expect(codes.toSorted()).toEqual([0, 0, null]);
  }, 60_000);
});

function isBegin({ msg }: LogLine): boolean {
  return msg === 'a run begins';
}

function isBeginOf(repository: string, line: LogLine): boolean {
  return isBegin(line) && line.repository === repository;
}

function isInSync({ msg, outcome }: LogLine): boolean {
  return msg === 'a cycle ended' && outcome === 'in-sync';
}

async function tagMapsOf(
  side: RunningRegistry,
  { tagMaps }: CorpusTotals,
): Promise<ReadonlyMap<string, ReadonlyMap<string, string | null>>> {
  const names = [...tagMaps.keys()];
  return new Map(await Promise.all(names.map(async (name) => [name, await readTagMap(side, name)] as const)));
}

/** Repositories that a process has begun and not ended. */
function underWay(service: RunningService | undefined): string[] {
  const open = new Set<string>();
  for (const line of service?.lines ?? []) {
    if (isBegin(line)) open.add(String(line.repository));
    if (line.msg === 'a run ends') open.delete(String(line.repository));
  }
  return [...open];
}

/** Leases that were given while the one before had neither been given back nor run out. */
async function stolenLeases(url: string): Promise<unknown[]> {
  return await runStatement(
    url,
    `SELECT repository, old_owner, new_owner FROM lease_log
     WHERE old_owner IS NOT NULL AND new_owner IS NOT NULL AND old_expires_at > at`,
  );
}

/** Runs of one repository that two living processes had under way at the same moment, by their own logs. */
function overlaps(services: readonly RunningService[]): string[] {
  const events = services
    .flatMap(({ name, lines }) =>
      lines
        .filter((line) => isBegin(line) || line.msg === 'a run ends')
        .map((line) => ({
          name,
          begin: isBegin(line),
          repository: String(line.repository),
          time: line.time,
        })),
    )
    // At the same millisecond, an end comes before the beginning that it made possible.
    .toSorted((a, b) => Date.parse(a.time) - Date.parse(b.time) || Number(a.begin) - Number(b.begin));
  const open = new Map<string, string>();
  const found: string[] = [];
  for (const { name, begin, repository } of events) {
    const other = open.get(repository);
    if (begin && other !== undefined) found.push(`${repository}: ${other} and ${name}`);
    if (begin) open.set(repository, name);
    else open.delete(repository);
  }
  return found;
}
