import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ociImage } from '../../builders/image-content.ts';
import { runStatement, startPostgres, type PostgresHarness } from '../../databases/postgres-harness.ts';
import { StallingProxy } from '../../databases/stalling-proxy.ts';
import { FakeRegistry } from '../../fakes/fake-registry.ts';
import { FakeStorage } from '../../fakes/fake-storage.ts';
import { seed } from '../../integration/execution/copy-bench.ts';
import { WorkDirectory } from '../work-directory.ts';
import { RunningService } from './running-service.ts';

/** What no scraper waits for: Prometheus gives up after ten seconds. */
const SCRAPE_MILLISECONDS = 10_000;

const REPOSITORIES = 40;

describe('scrapes that go wrong', () => {
  let primary: FakeRegistry;
  let secondary: FakeRegistry;
  let postgres: PostgresHarness;
  let databaseUrl: string;
  let proxy: StallingProxy;
  let directory: WorkDirectory;
  let service: RunningService;
  let url: string;

  beforeAll(async () => {
    postgres = await startPostgres();
  }, 60_000);

  afterAll(() => postgres.stop());

  beforeEach(async () => {
    const storage = new FakeStorage();
    for (let number = 0; number < REPOSITORIES; number += 1)
      seed(storage, `team/app-${number}`, ociImage('the same everywhere'), 'v1');
    [primary, secondary, directory] = await Promise.all([
      FakeRegistry.start({ storage }),
      FakeRegistry.start(),
      WorkDirectory.create(),
    ]);
    databaseUrl = await postgres.freshDatabase();
    proxy = new StallingProxy(databaseUrl);
    const file = await directory.write(
      'geo-reconciler.yaml',
      `registries:
  eu: { url: "${primary.url}" }
  us: { url: "${secondary.url}" }
links:
  - { name: eu-to-us, primary: eu, secondaries: [us], schedule: "0 0 1 1 *" }
database: { url: { env: DATABASE_URL } }
server: { port: 0 }
`,
    );
    const environment = { DATABASE_URL: await proxy.start(databaseUrl) };
    service = RunningService.start('service', file, { environment, workingDirectory: directory.path });
    url = await service.url();
    await service.line(isInSync);
  }, 60_000);

  afterEach(async () => {
    await service.stop();
    await Promise.all([proxy.stop(), primary.stop(), secondary.stop(), directory.remove()]);
  }, 60_000);

  /** Rejects where the page is not there in the time that a scraper has. */
  async function scrape(): Promise<string> {
    const answer = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(SCRAPE_MILLISECONDS) });
    return await answer.text();
  }

  /** A new tag everywhere, and a cycle that brings it over. */
  async function resync(tag: string): Promise<void> {
    for (let number = 0; number < REPOSITORIES; number += 1)
      seed(primary.storage, `team/app-${number}`, ociImage(`new as ${tag}`), tag);
    const after = service.lines.length;
    const asked = await fetch(`${url}/api/v1/links/eu-to-us/resync`, { method: 'POST' });
    expect(asked.status).toBe(202);
    await service.line(isInSync, { after });
    expect(
      secondary.storage.repositories().filter((name) => secondary.storage.tags(name).has(tag)),
    ).toHaveLength(REPOSITORIES);
  }

  function raw(text: string): Socket {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port) });
    socket.on('error', () => undefined);
    socket.write(text);
    return socket;
  }

  it('stop no cycle by clients that say half of what they want, never read, or go away', async () => {
    const request = `GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`;
    const sockets = [
      ...Array.from({ length: 40 }, () => raw(request.slice(0, -2))),
      // Twenty pages each, and none of them is taken: the service can neither write on nor end.
      ...Array.from({ length: 40 }, () => raw(request.repeat(20)).pause()),
    ];
    for (let number = 0; number < 40; number += 1) {
      const leaving = raw(request);
      await new Promise((resolve) => leaving.once('connect', resolve));
      leaving.destroy();
    }
    const impatient = Array.from({ length: 40 }, () =>
      fetch(`${url}/metrics`, { signal: AbortSignal.timeout(1) }).catch(() => undefined),
    );
    await resync('v2');
    await Promise.all(impatient);

    expect(await scrape()).toContain('geo_reconciler_tags{link="eu-to-us",secondary="us",state="in_sync"} ');
    for (const socket of sockets) socket.destroy();
  }, 60_000);

  it('are answered without a database that says nothing, and go on where it comes back', async () => {
    proxy.stall();
    const pages = await Promise.all(Array.from({ length: 20 }, scrape));
    const late = await scrape();
    proxy.resume();

    // It was there less than a minute ago, or not at all: what was read then may be shown.
    expect(pages.every((page) => page.includes('\nprocess_cpu_seconds_total '))).toBe(true);
    expect(late).toContain('geo_reconciler_lag_objective_seconds{link="eu-to-us",secondary="us"} 900');
    expect(late).toContain('geo_reconciler_config_last_reload_success 1');
    await resync('v2');
    expect(await scrape()).toContain(
      'geo_reconciler_replication_lag_seconds{link="eu-to-us",secondary="us"} 0',
    );
  }, 90_000);

  it('leave out what a database knows that refuses', async () => {
    await runStatement(databaseUrl, 'ALTER TABLE tag_state RENAME TO tag_state_elsewhere');
    await sleepUntilFresh();
    const page = await scrape();
    await runStatement(databaseUrl, 'ALTER TABLE tag_state_elsewhere RENAME TO tag_state');
    await sleepUntilFresh();

    expect(page).not.toMatch(
      /^geo_reconciler_(tags|replication_lag_seconds|queue_jobs|last_success_timestamp_seconds)\b/m,
    );
    expect(page).toContain('geo_reconciler_lag_objective_seconds{link="eu-to-us",secondary="us"} 900');
    expect(await scrape()).toMatch(
      /^geo_reconciler_tags\{link="eu-to-us",secondary="us",state="in_sync"\} 40$/m,
    );
  }, 60_000);

  it('wait for one reading together, however many there are', async () => {
    await scrape();
    await sleepUntilFresh();
    const lock = runStatement(
      databaseUrl,
      'BEGIN; LOCK TABLE link_state IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(6); COMMIT',
    );
    await until(async () => (await waiting('ACCESS EXCLUSIVE')) > 0);
    const pages: Promise<string>[] = [];
    let readings = 0;
    // Over three seconds, so that none of them finds what the one before has read.
    for (let number = 0; number < 30; number += 1) {
      pages.push(scrape());
      await sleep(100);
      readings = Math.max(readings, await waiting('"listedAt"'));
    }
    await Promise.all([...pages, lock]);

    expect(readings).toBe(1);
    await resync('v2');
  }, 60_000);

  /** Sessions that are at a statement with this text. */
  async function waiting(text: string): Promise<number> {
    const rows = await runStatement(
      postgres.adminUrl,
      `SELECT FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid()
         AND datname = '${new URL(databaseUrl).pathname.slice(1)}' AND query LIKE '%${text}%'`,
    );
    return rows.length;
  }
});

/** A page asks the database again a second after the last one did. */
async function sleepUntilFresh(): Promise<void> {
  await sleep(1_100);
}

async function until(test: () => Promise<boolean>): Promise<void> {
  while (!(await test())) await sleep(50);
}

function isInSync({ msg, outcome }: { readonly msg: string; readonly outcome?: unknown }): boolean {
  return msg === 'a cycle ended' && outcome === 'in-sync';
}
