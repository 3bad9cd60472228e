import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Secret } from '../../../src/config/secret.ts';
import { CycleRequests } from '../../../src/jobs/cycle-requests.ts';
import { JobQueue } from '../../../src/jobs/job-queue.ts';
import { ServiceLog } from '../../../src/jobs/service-log.ts';
import { openState } from '../../../src/state/open-state.ts';
import { SystemClock } from '../../../src/time/system-clock.ts';
import { pushContent } from '../../builders/push-content.ts';
import { runStatement, startPostgres, type PostgresHarness } from '../../databases/postgres-harness.ts';
import { registryForTests } from '../../registries/registry-for-tests.ts';
import { largeImage } from '../large-image.ts';
import { startPair, tagsOf, type RegistryPair } from '../registry-pair.ts';
import { WorkDirectory } from '../work-directory.ts';
import { RunningService } from './running-service.ts';

const registry = await registryForTests();

/** At this rate the layer takes half a minute. */
const BYTES_PER_SECOND = 400_000;
const LAYER_BYTES = 12_000_000;

class SilentLog extends ServiceLog {
  override debug(): void {}
  override info(): void {}
  override warn(): void {}
  override error(): void {}
}

(registry.isAvailable ? describe : describe.skip)(registry.titleOf('a cycle that is cancelled'), () => {
  const clock = new SystemClock();
  const log = new SilentLog();
  const services: RunningService[] = [];
  let pair: RegistryPair;
  let postgres: PostgresHarness;
  let directory: WorkDirectory;
  let url: string;

  beforeAll(async () => {
    [pair, postgres, directory] = await Promise.all([
      startPair(registry.provider),
      startPostgres(),
      WorkDirectory.create(),
    ]);
    url = await postgres.freshDatabase();
    await pushContent(pair.primary, 'team/large', largeImage('cancelled', LAYER_BYTES), { tag: 'v1' });
  }, 60_000);

  afterAll(async () => {
    await Promise.all(services.map((service) => service.stop()));
    await Promise.all([pair.stop(), postgres.stop(), directory.remove()]);
  }, 60_000);

  it('by another process ends within 5 s in the middle of a blob, and shows no half of a tag', async () => {
    const file = await directory.write(
      'geo-reconciler.yaml',
      `registries:
  eu: { url: "${pair.primary.url}" }
  us: { url: "${pair.secondary.url}", limits: { bytesPerSecond: ${BYTES_PER_SECOND} } }
links:
  - { name: eu-to-us, primary: eu, secondaries: [us], schedule: "0 0 1 1 *" }
database: { url: { env: DATABASE_URL } }
server: { port: 0 }
log: { level: debug }
`,
    );
    for (const name of ['one', 'two']) {
      const settings = { environment: { DATABASE_URL: url }, workingDirectory: directory.path };
      services.push(RunningService.start(name, file, settings));
    }
    const worker = await Promise.any(
      services.map(async (service) => {
        await service.line(({ msg }) => msg === 'a run begins');
        return service;
      }),
    );
    // Into the blob.
    await clock.sleep(2);
    const state = await openState({ kind: 'postgres', url: new Secret(url) }, 'read-write', () => undefined);
    const queue = new JobQueue(new Secret(url), clock, log);
    await queue.start();
    const requests = new CycleRequests({
      ...state.service!,
      configuration: { link: () => undefined },
      queue,
      log,
    });
    const [cycle] = await state.service!.cycles.unfinished('eu-to-us');
    const askedAt = performance.now();

    const isCancelled = await requests.cancel(cycle!.id);
    await worker.line((line) => line.tag === 'v1' && line.reason === 'CANCELLED', { seconds: 5 });
    await until(async () => {
      const [left] = await runStatement(url, 'SELECT FROM repository_work WHERE lease_owner IS NOT NULL');
      const { status } = (await state.service!.cycles.load(cycle!.id))!;
      return left === undefined && status === 'finished';
    });
    const seconds = (performance.now() - askedAt) / 1000;
    const after = await state.service!.cycles.load(cycle!.id);
    const again = await requests.cancel(cycle!.id);
    await queue.stop();
    await state.close();

    expect([isCancelled, again]).toEqual([true, false]);
    expect(seconds).toBeLessThan(5);
    expect(after?.cancelledAt).toBeInstanceOf(Date);
    expect(await tagsOf(pair.secondary, 'team/large')).toEqual([]);
  }, 60_000);

  async function until(test: () => Promise<boolean>): Promise<void> {
    for (let look = 0; look < 100; look += 1) {
      if (await test()) return;
      await clock.sleep(0.1);
    }
    throw new Error('it did not come true within 10 s');
  }
});
