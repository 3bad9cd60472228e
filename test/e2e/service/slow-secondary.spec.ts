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
  - name: eu-to-all
    primary: eu
    secondaries: [au, us]
    schedule: "0 0 1 1 *"
    deletions: { orphans: delete, minAbsence: 1s, minObservations: 1 }
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

  async function resync(link: string): Promise<{ readonly id: string }> {
    const asked = await fetch(`${await service.url()}/api/v1/links/${link}/resync`, { method: 'POST' });
    expect(asked.status).toBe(202);
    return (await asked.json()) as { id: string };
  }

  async function cycle(id: string): Promise<Record<string, unknown>> {
    const answer = await fetch(`${await service.url()}/api/v1/cycles/${id}`);
    return (await answer.json()) as Record<string, unknown>;
  }

  it('holds back neither the others of its link, nor their next cycles and deletions, nor other links', async () => {
    await until(() => tagged(world.fast) === REPOSITORIES);
    seed(world.otherPrimary.storage, 'shop/web', ociImage('of another link'), 'v1');
    await resync('jp-to-br');
    await until(() => tagged(world.other) === 1);
    const askedAtOnce = world.slow.history.count({ operation: 'list-tags' });

    // Its next cycle brings what is new, and the one after that deletes what is gone, while the slow one is still at its first.
    seed(world.primary.storage, 'team/app-0', ociImage('new'), 'v2');
    const { id } = await resync('eu-to-all');
    await until(() => tagged(world.fast, 'v2') === 1);
    await until(async () => (await cycle(id)).status === 'finished');
    const second = await cycle(id);
    world.primary.storage.deleteTag('team/app-0', 'v2');
    for (let look = 0; look < 20 && tagged(world.fast, 'v2') === 1; look += 1) {
      const { id: next } = await resync('eu-to-all');
      await until(async () => (await cycle(next)).status === 'finished');
      await sleep(500);
    }
    const whileSlow = {
      slow: tagged(world.slow),
      askedAtOnce,
      deleted: tagged(world.fast, 'v2') === 0,
    };
    seed(world.primary.storage, 'team/app-1', ociImage('newer'), 'v3');
    const { id: last } = await resync('eu-to-all');
    gate.resolve(undefined);
    await until(() => tagged(world.slow) === REPOSITORIES && tagged(world.slow, 'v3') === 1);
    await until(async () => (await cycle(last)).status === 'finished');
    const rest = (await cycle(last)).continuedIn as string;
    await until(async () => (await cycle(rest)).status === 'finished');

    expect(whileSlow).toEqual({ slow: 0, askedAtOnce: 16, deleted: true });
    expect(second).toMatchObject({
      outcome: 'in-sync',
      secondaries: ['us'],
      continuedIn: expect.any(String),
      results: [{ secondary: 'us', totals: { copied: 1 } }],
    });
    expect(await cycle(rest)).toMatchObject({ outcome: 'in-sync', secondaries: ['au'] });
  }, 120_000);
});

function tagged({ storage }: FakeRegistry, tag = 'v1'): number {
  return storage.repositories().filter((name) => storage.tags(name).has(tag)).length;
}

async function until(test: () => boolean | Promise<boolean>): Promise<void> {
  for (let look = 0; look < 1200; look += 1) {
    if (await test()) return;
    await sleep(50);
  }
  throw new Error('it did not come true within 60 s');
}
