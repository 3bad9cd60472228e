import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { ociImage } from '../../builders/image-content.ts';
import { pushContent } from '../../builders/push-content.ts';
import { registryForTests } from '../../registries/registry-for-tests.ts';
import { startPair, type RegistryPair } from '../registry-pair.ts';
import { WorkDirectory } from '../work-directory.ts';
import { RunningService } from './running-service.ts';

const registry = await registryForTests();

const OF_LINK = 'link="eu-to-us",secondary="us"';

/** Lines of the page by name and labels, without the prefix that all of them have. */
function samplesOf(page: string): ReadonlyMap<string, number> {
  const lines = page.split('\n').filter((line) => line.startsWith('geo_reconciler_'));
  return new Map(
    lines.map((line) => {
      const end = line.lastIndexOf(' ');
      return [line.slice('geo_reconciler_'.length, end), Number(line.slice(end + 1))];
    }),
  );
}

(registry.isAvailable ? describe : describe.skip)(registry.titleOf('what Prometheus reads'), () => {
  let pair: RegistryPair;
  let directory: WorkDirectory;
  let service: RunningService;
  let url: string;

  beforeAll(async () => {
    pair = await startPair(registry.provider);
    for (const tag of ['v1', 'v2']) {
      await pushContent(pair.primary, 'team/app', ociImage(`team/app:${tag}`), { tag });
    }
    directory = await WorkDirectory.create();
    const file = await directory.write(
      'geo-reconciler.yaml',
      `registries:
  eu: { url: "${pair.primary.url}" }
  us: { url: "${pair.secondary.url}" }
links:
  - { name: eu-to-us, primary: eu, secondaries: [us], schedule: "0 0 1 1 *", objective: { lag: 10m } }
server: { port: 0 }
`,
    );
    service = RunningService.start('embedded', file, { workingDirectory: directory.path });
    url = await service.url();
    await service.line(({ msg, outcome }) => msg === 'a cycle ended' && outcome === 'in-sync');
  }, 120_000);

  afterAll(async () => {
    await service.stop();
    await directory.remove();
    await pair.stop();
  }, 60_000);

  async function scrape(): Promise<ReadonlyMap<string, number>> {
    const answer = await fetch(`${url}/metrics`);
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    return samplesOf(await answer.text());
  }

  /** The page asks the database at most once a second, and a job ends a moment after its cycle. */
  async function scrapeUntil(name: string, value: number): Promise<ReadonlyMap<string, number>> {
    for (;;) {
      const samples = await scrape();
      if (samples.get(name) === value) return samples;
      await sleep(200);
    }
  }

  it('says what a cycle did and where the link stands', async () => {
    const samples = await scrapeUntil('queue_jobs{state="active"}', 0);

    expect(Object.fromEntries(samples)).toMatchObject({
      [`tags{${OF_LINK},state="in_sync"}`]: 2,
      [`tags{${OF_LINK},state="missing"}`]: 0,
      [`repositories{${OF_LINK},state="synced"}`]: 1,
      [`replication_lag_seconds{${OF_LINK}}`]: 0,
      [`lag_objective_seconds{${OF_LINK}}`]: 600,
      [`steps_total{${OF_LINK},kind="copy-tag",outcome="done",reason="none"}`]: 2,
      [`tag_replication_seconds_count{${OF_LINK}}`]: 2,
      [`cycle_duration_seconds_count{${OF_LINK},outcome="in-sync"}`]: 1,
      [`verified_tags{${OF_LINK},result="ok"}`]: 0,
      [`queue_jobs{state="active"}`]: 0,
      config_last_reload_success: 1,
    });
    expect(samples.get(`copied_bytes_total{${OF_LINK}}`)).toBeGreaterThan(0);
    expect(samples.get(`tag_replication_seconds_sum{${OF_LINK}}`)).toBeLessThan(60);
    const lastSuccess = samples.get(`last_success_timestamp_seconds{${OF_LINK}}`)!;
    expect(Math.abs(lastSuccess - Date.now() / 1000)).toBeLessThan(120);
    expect(lastSuccess).toBe(samples.get(`last_cycle_timestamp_seconds{${OF_LINK}}`));
  });

  it('counts the requests to each registry by what they were for, and names no content', async () => {
    const page = await (await fetch(`${url}/metrics`)).text();

    expect(page).toMatch(/registry_requests_total\{registry="eu",operation="[a-z-]+",status="200"\} [1-9]/);
    expect(page).toMatch(/registry_request_duration_seconds_bucket\{le="0.1",registry="us",/);
    expect(page).not.toMatch(/sha256:|team\/app|"v1"|127\.0\.0\.1/);
  });

  it('counts what a verification went through', async () => {
    const answer = await fetch(`${url}/api/v1/links/eu-to-us/verify`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ depth: 'content' }),
    });
    const { id } = (await answer.json()) as { id: string };
    await service.line(({ msg, cycle }) => msg === 'a cycle ended' && cycle === id);

    const samples = await scrapeUntil(`verified_tags{${OF_LINK},result="ok"}`, 2);
    expect(Object.fromEntries(samples)).toMatchObject({
      [`verification_total{${OF_LINK},result="ok"}`]: 2,
      [`verification_total{${OF_LINK},result="failed"}`]: 0,
      [`verified_tags{${OF_LINK},result="ok"}`]: 2,
      [`verified_tags{${OF_LINK},result="failed"}`]: 0,
    });
  });

  it('shows how far a link is behind whose secondary has gone', async () => {
    await pair.secondary.stop();
    const answer = await fetch(`${url}/api/v1/links/eu-to-us/resync`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    const { id } = (await answer.json()) as { id: string };
    await service.line(({ msg, cycle }) => msg === 'a cycle ended' && cycle === id);

    const samples = await scrapeUntil(`repositories{${OF_LINK},state="failed"}`, 1);
    expect(samples.get(`replication_lag_seconds{${OF_LINK}}`)).toBeGreaterThan(0);
    expect(samples.get(`last_cycle_timestamp_seconds{${OF_LINK}}`)).toBeGreaterThan(
      samples.get(`last_success_timestamp_seconds{${OF_LINK}}`)!,
    );
  }, 120_000);
});
