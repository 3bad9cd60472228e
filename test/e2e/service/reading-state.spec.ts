import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ociImage } from '../../builders/image-content.ts';
import { pushContent } from '../../builders/push-content.ts';
import { readDigest } from '../../builders/registry-witness.ts';
import { startPostgres, type PostgresHarness } from '../../databases/postgres-harness.ts';
import { registryForTests } from '../../registries/registry-for-tests.ts';
import { startPair, type RegistryPair } from '../registry-pair.ts';
import { WorkDirectory } from '../work-directory.ts';
import { EventReader, type Json } from './event-reader.ts';
import { RunningService } from './running-service.ts';

const registry = await registryForTests();

/** Far enough away that whatever happens was asked for. */
const ONCE_A_YEAR = '0 0 1 1 *';

interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly body: Json;
}

(registry.isAvailable ? describe : describe.skip)(registry.titleOf('what the API tells of a link'), () => {
  let pair: RegistryPair;
  let postgres: PostgresHarness;

  beforeAll(async () => {
    [pair, postgres] = await Promise.all([startPair(registry.provider), startPostgres()]);
    for (const tag of ['v1', '__proto__']) {
      await pushContent(pair.primary, 'team/app', ociImage(`team/app:${tag}`), { tag });
    }
    await pushContent(pair.primary, 'team/web', ociImage('team/web:v1'), { tag: 'v1' });
  }, 120_000);

  afterAll(async () => {
    await Promise.all([pair.stop(), postgres.stop()]);
  });

  describe.each(['embedded', 'postgres'] as const)('with its state in %s', (kind) => {
    let directory: WorkDirectory;
    let service: RunningService;
    let base: string;

    beforeAll(async () => {
      directory = await WorkDirectory.create();
      const url = kind === 'postgres' ? await postgres.freshDatabase() : '';
      const file = await directory.write(
        'geo-reconciler.yaml',
        `registries:
  eu: { url: "${pair.primary.url}" }
  us: { url: "${pair.secondary.url}" }
links:
  - { name: eu-to-us, primary: eu, secondaries: [us], schedule: "${ONCE_A_YEAR}", tags: { exclude: ["*-rc*"] } }
${kind === 'postgres' ? 'database: { url: { env: DATABASE_URL } }' : ''}
server: { port: 0 }
log: { level: debug }
`,
      );
      const environment = { DATABASE_URL: url };
      service = RunningService.start(kind, file, { environment, workingDirectory: directory.path });
      base = `${await service.url()}/api/v1`;
      await service.line(({ msg, outcome }) => msg === 'a cycle ended' && outcome === 'in-sync');
    }, 120_000);

    afterAll(async () => {
      await service.stop();
      await directory.remove();
    }, 60_000);

    async function get(path: string, signal?: AbortSignal): Promise<Answer> {
      const answer = await fetch(`${base}${path}`, signal === undefined ? {} : { signal });
      return {
        status: answer.status,
        type: answer.headers.get('content-type'),
        body: await answer.json(),
      };
    }

    async function post(path: string, body: unknown = {}): Promise<Answer> {
      const answer = await fetch(`${base}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      return { status: answer.status, type: null, body: await answer.json() };
    }

    /** A tag that the primary has got just now, different for every database. */
    async function push(tag: string): Promise<string> {
      return await pushContent(pair.primary, 'team/app', ociImage(`${kind} ${tag}`), {
        tag: `${kind}-${tag}`,
      });
    }

    it('follows a resync of one repository to its end, and finds it there', async () => {
      const digest = await push('resync');

      const accepted = await post('/links/eu-to-us/resync', { repositories: ['team/app'] });
      const reader = await EventReader.open(`${base}/cycles/${accepted.body.id}/events`);
      await reader.ended;
      const repository = await get('/links/eu-to-us/repositories/team%2Fapp');
      const cycle = await get(`/cycles/${accepted.body.id}`);

      expect(accepted.status).toBe(202);
      expect(reader.named('repository')).toEqual([
        expect.objectContaining({
          repository: 'team/app',
          secondary: 'us',
          outcome: 'in-sync',
          totals: expect.objectContaining({ copied: 1 }),
        }),
      ]);
      expect(reader.named('progress').at(-1)).toMatchObject({ repositories: 1, done: 1 });
      expect(reader.events.at(-1)).toMatchObject({
        event: 'finished',
        data: {
          id: accepted.body.id,
          outcome: 'in-sync',
          results: [{ secondary: 'us', totals: { copied: 1 } }],
        },
      });
      expect(await readDigest(pair.secondary, 'team/app', `${kind}-resync`)).toBe(digest);
      expect(repository.body.secondaries).toMatchObject([
        { secondary: 'us', state: 'synced', lagSeconds: 0, lastCycle: accepted.body.id, failure: null },
      ]);
      expect(repository.body.tags.items).toContainEqual({
        tag: `${kind}-resync`,
        secondaries: [
          expect.objectContaining({ state: 'in_sync', primaryDigest: digest, secondaryDigest: digest }),
        ],
      });
      expect(cycle.body).toMatchObject({
        status: 'finished',
        cause: 'operator',
        outcome: 'in-sync',
        progress: null,
        report: {
          cycleId: accepted.body.id,
          links: [
            {
              link: 'eu-to-us',
              primary: 'eu',
              secondary: 'us',
              repositories: [
                {
                  primaryRepository: 'team/app',
                  secondaryRepository: 'team/app',
                  steps: [
                    { kind: 'copy-tag', tag: `${kind}-resync`, outcome: 'done', primaryDigest: digest },
                  ],
                },
              ],
              stepsLeftOut: 0,
            },
          ],
        },
      });
    }, 60_000);

    it('tells a stream that comes back only what it has not seen', async () => {
      const accepted = await post('/links/eu-to-us/resync', {});
      const first = await EventReader.open(`${base}/cycles/${accepted.body.id}/events`);
      await first.ended;
      const { id } = first.events.at(-1)!;

      const again = await EventReader.open(`${base}/cycles/${accepted.body.id}/events`, {
        'last-event-id': `${BigInt(id.split(' ')[0]!) + 60_000_000n}`,
      });
      await again.ended;

      // The other database has left its own on the primary.
      expect(first.named('repository').length).toBeGreaterThanOrEqual(2);
      expect(again.named('repository')).toEqual([]);
      expect(again.named('progress')).toEqual([first.named('progress').at(-1)]);
      expect(again.named('finished')).toEqual(first.named('finished'));
    }, 60_000);

    it('opens the gate for a tag when it has come, although nobody else asked for a cycle', async () => {
      const digest = await push('gate');

      const answer = await get(`/links/eu-to-us/wait?reference=team/app:${kind}-gate&timeoutSeconds=30`);
      const exact = await get(
        `/links/eu-to-us/wait?reference=team/app:${kind}-gate@${digest}&timeoutSeconds=30`,
      );

      expect(answer).toMatchObject({
        status: 200,
        body: { link: 'eu-to-us', tag: `${kind}-gate`, digest, secondaries: [{ secondary: 'us', digest }] },
      });
      expect(exact.status).toBe(200);
      expect(await readDigest(pair.secondary, 'team/app', `${kind}-gate`)).toBe(digest);
    }, 90_000);

    it('does not take a tag for good that was in sync until it was pushed anew', async () => {
      await push('moving');
      await get(`/links/eu-to-us/wait?reference=team/app:${kind}-moving`);
      const tag = `${kind}-moving`;
      const digest = await pushContent(pair.primary, 'team/app', ociImage(`${kind} moved`), { tag });

      const answer = await get(`/links/eu-to-us/wait?reference=team/app:${tag}`);

      expect(answer.body.digest).toBe(digest);
      expect(await readDigest(pair.secondary, 'team/app', tag)).toBe(digest);
    }, 90_000);

    it('opens the gate for the first tag of a repository that no cycle has seen', async () => {
      const repository = `team/new-${kind}`;
      const digest = await pushContent(pair.primary, repository, ociImage(repository), { tag: 'v1' });

      const answer = await get(`/links/eu-to-us/wait?reference=${repository}:v1&timeoutSeconds=30`);

      expect(answer).toMatchObject({ status: 200, body: { digest } });
    }, 60_000);

    it.each([
      ['a tag that the primary lacks', 'team/app:nowhere'],
      ['another digest than the primary has', `team/app:v1@sha256:${'0'.repeat(64)}`],
      ['a repository that the primary lacks', 'team/nowhere:v1'],
    ])(
      'keeps the gate shut for %s',
      async (_what, reference) => {
        const answer = await get(`/links/eu-to-us/wait?reference=${reference}&timeoutSeconds=2`);

        expect(answer).toMatchObject({
          status: 504,
          type: expect.stringContaining('application/problem+json'),
          body: { code: 'TIMEOUT', errors: [{ path: 'secondary us' }] },
        });
      },
      30_000,
    );

    it('reports the loss of the primary as safe when all was seen, and as unknown while the link is paused', async () => {
      const accepted = await post('/links/eu-to-us/resync', {});
      await (
        await EventReader.open(`${base}/cycles/${accepted.body.id}/events`)
      ).ended;
      const safe = await get('/links/eu-to-us/failover-report');
      await post('/links/eu-to-us/pause');
      const paused = await get('/links/eu-to-us/failover-report');
      const link = await get('/links/eu-to-us');
      await post('/links/eu-to-us/resume');

      expect(safe.body).toMatchObject({
        verdict: 'safe',
        secondaries: [{ secondary: 'us', why: [], tagsMissing: 0, repositoriesUnknown: 0 }],
      });
      expect(paused.body).toMatchObject({ verdict: 'unknown', secondaries: [{ why: ['LINK_PAUSED'] }] });
      expect(link.body).toMatchObject({ state: 'paused', nextCycleAt: null });
    }, 60_000);

    it('lists links and cycles, with no secret and no end', async () => {
      const links = await get('/links');
      const first = await get('/cycles?link=eu-to-us&limit=1');
      const second = await get(`/cycles?link=eu-to-us&limit=1&cursor=${first.body.nextCursor}`);

      expect(links.body).toMatchObject({
        nextCursor: null,
        items: [
          {
            name: 'eu-to-us',
            state: 'idle',
            configuration: { schedule: ONCE_A_YEAR, secondaries: ['us'] },
            nextCycleAt: expect.stringMatching(/-01-01T00:00:00/),
            secondaries: [
              { secondary: 'us', lagSeconds: 0, tags: { failed: 0 }, lastSuccess: { outcome: 'in-sync' } },
            ],
          },
        ],
      });
      expect(first.body.items).toHaveLength(1);
      expect(second.body.items[0].id).not.toBe(first.body.items[0].id);
      expect(second.body.items[0].requestedAt <= first.body.items[0].requestedAt).toBe(true);
    }, 60_000);

    it('ends streams and waits when it is told to stop, and stops', async () => {
      await post('/links/eu-to-us/pause');
      const accepted = await post('/links/eu-to-us/resync', {});
      const reader = await EventReader.open(`${base}/cycles/${accepted.body.id}/events`);
      await reader.first(({ event }) => event === 'status');
      const waiting = get('/links/eu-to-us/wait?reference=team/app:v1&timeoutSeconds=300');
      // The question is a mark on the repository: whoever waits is known to the service.
      while (!(await get('/links/eu-to-us/repositories/team%2Fapp')).body.dirty);
      const gone = new AbortController();
      const left = get('/links/eu-to-us/wait?reference=team/app:v1&timeoutSeconds=300', gone.signal).catch(
        () => 'left',
      );
      await get('/links/eu-to-us');
      gone.abort();

      const toldAt = performance.now();
      service.signal('SIGTERM');

      expect(await service.ended).toBe(0);
      expect(performance.now() - toldAt).toBeLessThan(25_000);
      await expect(reader.ended).resolves.toBeUndefined();
      expect(await left).toBe('left');
      expect(await waiting).toMatchObject({ status: 503, body: { code: 'UNAVAILABLE' } });
    }, 60_000);
  });
});
