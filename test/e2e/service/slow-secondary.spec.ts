import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ociImage } from '../../builders/image-content.ts';
import { startPostgres, type PostgresHarness } from '../../databases/postgres-harness.ts';
import { FakeRegistry } from '../../fakes/fake-registry.ts';
import { FakeStorage } from '../../fakes/fake-storage.ts';
import { seed } from '../../integration/execution/copy-bench.ts';
import { WorkDirectory } from '../work-directory.ts';
import { RunningService } from './running-service.ts';

/** More than are worked on at once. */
const REPOSITORIES = 48;

describe('a secondary that answers, and slowly', () => {
  const gate = Promise.withResolvers<undefined>();
  let world: Record<'primary' | 'fast' | 'slow' | 'otherPrimary' | 'other', FakeRegistry>;
  let postgres: PostgresHarness;
  let directory: WorkDirectory;
  let service: RunningService;

  beforeAll(async () => {
    const storage = new FakeStorage();
    for (let number = 0; number < REPOSITORIES; number += 1)
      seed(storage, `team/app-${number}`, ociImage('the same everywhere'), 'v1');
    const [primary, fast, slow, otherPrimary, other] = await Promise.all([
      FakeRegistry.start({ storage }),
      FakeRegistry.start(),
      FakeRegistry.start(),
      FakeRegistry.start(),
      FakeRegistry.start(),
    ]);
    world = { primary, fast, slow, otherPrimary, other };
    slow.faults.add({ operation: 'list-tags', fault: { kind: 'hold', until: gate.promise } });
    [postgres, directory] = await Promise.all([startPostgres(), WorkDirectory.create()]);
    const file = await directory.write(
      'geo-reconciler.yaml',
      `registries:
  eu: { url: "${primary.url}" }
  us: { url: "${fast.url}" }
  au: { url: "${slow.url}" }
  jp: { url: "${otherPrimary.url}" }
  br: { url: "${other.url}" }
links:
  - { name: eu-to-all, primary: eu, secondaries: [au, us], schedule: "0 0 1 1 *" }
  - { name: jp-to-br, primary: jp, secondaries: [br], schedule: "0 0 1 1 *" }
database: { url: { env: DATABASE_URL } }
server: { port: 0 }
log: { level: debug }
`,
    );
    const environment = { DATABASE_URL: await postgres.freshDatabase() };
    service = RunningService.start('service', file, { environment, workingDirectory: directory.path });
  }, 60_000);

  afterAll(async () => {
    gate.resolve(undefined);
    await service.stop();
    const registries = Object.values(world);
    await Promise.all([
      ...registries.map((registry) => registry.stop()),
      postgres.stop(),
      directory.remove(),
    ]);
    expect(registries.flatMap(({ defects }) => defects)).toEqual([]);
  }, 60_000);

  it('holds back neither the others of its link nor other links', async () => {
    await until(() => tagged(world.fast) === REPOSITORIES);
    seed(world.otherPrimary.storage, 'shop/web', ociImage('of another link'), 'v1');
    const asked = await fetch(`${await service.url()}/api/v1/links/jp-to-br/resync`, { method: 'POST' });
    expect(asked.status).toBe(202);
    await until(() => tagged(world.other) === 1);
    const whileSlow = {
      slow: tagged(world.slow),
      atOnce: world.slow.history.count({ operation: 'list-tags' }),
    };
    gate.resolve(undefined);
    await until(() => tagged(world.slow) === REPOSITORIES);
    const end = await service.line(({ msg, secondary }) => msg === 'a cycle ended' && secondary === 'au');

    expect(whileSlow).toEqual({ slow: 0, atOnce: 16 });
    expect(end.outcome).toBe('in-sync');
  }, 60_000);
});

function tagged({ storage }: FakeRegistry): number {
  return storage.repositories().filter((name) => storage.tags(name).has('v1')).length;
}

async function until(test: () => boolean): Promise<void> {
  for (let look = 0; look < 400; look += 1) {
    if (test()) return;
    await sleep(50);
  }
  throw new Error('it did not come true within 20 s');
}
