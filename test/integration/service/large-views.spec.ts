import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Secret } from '../../../src/config/secret.ts';
import { openState } from '../../../src/state/open-state.ts';
import type { Views } from '../../../src/state/service-stores.ts';
import { runStatement, startPostgres, type PostgresHarness } from '../../databases/postgres-harness.ts';

/** The link under test, beside others that no query may have to wade through. */
const ROWS = `
  INSERT INTO repository_work (link, repository, secondary, state, dirty, retry_count, fence, changed_at, observed_from)
  SELECT 'link-' || l, 'team/app-' || r, 'us', 'synced', false, 0, 1, now(), now() - interval '1 minute'
  FROM generate_series(1, 4) l, generate_series(1, 1000) r;
  INSERT INTO link_state (link, retry_count, listed_at) SELECT 'link-' || l, 0, now() - interval '1 minute' FROM generate_series(1, 4) l;
  INSERT INTO repository_state (link, secondary, primary_repository, secondary_repository, outcome, policy_hash,
    primary_origin, completed_cycles, last_cycle_id, last_finished_at, last_success_at)
  SELECT 'link-' || l, 'us', 'team/app-' || r, 'team/app-' || r, 'in-sync', 'hash', 'https://eu', 1, 'cycle', now(), now()
  FROM generate_series(1, 4) l, generate_series(1, 1000) r;
  INSERT INTO tag_state (link, secondary, primary_repository, tag, state, primary_digest, secondary_digest,
    orphan_observations, first_seen_different_at)
  SELECT 'link-' || l, 'us', 'team/app-' || r, 'v' || t, CASE WHEN t = 1 AND r % 10 = 0 THEN 'missing' ELSE 'in_sync' END,
    'sha256:' || repeat('0', 64), 'sha256:' || repeat('0', 64), 0, CASE WHEN t = 1 AND r % 10 = 0 THEN now() END
  FROM generate_series(1, 4) l, generate_series(1, 1000) r, generate_series(1, 100) t;
  INSERT INTO cycle (id, command, links, started_at, finished_at, outcome)
  SELECT l || '-' || c, 'sync', ARRAY['link-' || l], now() - c * interval '5 minutes', now() - c * interval '5 minutes', 'in-sync'
  FROM generate_series(1, 4) l, generate_series(1, 9000) c;
  INSERT INTO link_cycle (id, link, kind, cause, work, scope, status, requested_at, outcome)
  SELECT l || '-' || c, 'link-' || l, 'sync', 'schedule', '{"command":"sync"}', '{"kind":"all"}', 'finished',
    now() - c * interval '5 minutes', CASE WHEN c % 1000 = 0 THEN 'failed' ELSE 'in-sync' END
  FROM generate_series(1, 4) l, generate_series(1, 9000) c;
  INSERT INTO cycle_link (cycle_id, link, secondary, position, primary_registry, outcome, totals, bytes_copied, steps,
    steps_left_out, finished_at)
  SELECT l || '-' || c, 'link-' || l, 'us', 0, 'eu', 'in-sync', '{}', 0, '[]', 0, now() - c * interval '5 minutes'
  FROM generate_series(1, 4) l, generate_series(1, 9000) c`;

/** Tables that grow with tags and with time. Of repositories, a quarter is asked for: there the planner may do as it likes. */
const LARGE = ['tag_state', 'cycle_link', 'link_cycle'];

const OF = { link: 'link-2', secondaries: ['us'] };

/** On a quiet machine a link takes 100 ms, the failover report 90, everything else less; this one may be busy. */
const PATIENCE_MILLISECONDS = 1500;

const QUESTIONS: readonly (readonly [string, (views: Views) => Promise<unknown>])[] = [
  ['a link', (views) => views.links.load(OF)],
  ['what was verified of it', (views) => views.links.verified(OF)],
  [
    'a page of repositories',
    (views) => views.repositories.page(OF, { state: null, after: 'team/app-5', limit: 500 }),
  ],
  [
    'repositories that failed',
    (views) => views.repositories.page(OF, { state: 'failed', after: null, limit: 500 }),
  ],
  ['a repository', (views) => views.repositories.load(OF, 'team/app-77')],
  [
    'its tags',
    (views) => views.repositories.tags(OF, 'team/app-77', { state: null, after: 'v5', limit: 50 }),
  ],
  ['a tag', (views) => views.risks.sightings(OF, { repository: 'team/app-77', tag: 'v7' }, new Date(0))],
  ['the failover report', (views) => views.risks.load(OF, { outdatedAfterSeconds: 900, limit: 500 })],
  [
    'cycles of a link',
    (views) => views.cycles.page({ link: OF.link, outcome: null, after: null, limit: 500 }),
  ],
  [
    'cycles that failed',
    (views) => views.cycles.page({ link: null, outcome: 'failed', after: null, limit: 50 }),
  ],
];

describe('with 400,000 tags and a month of cycles', () => {
  let postgres: PostgresHarness;
  let url: string;

  beforeAll(async () => {
    postgres = await startPostgres();
    url = await postgres.freshDatabase();
    const state = await openState({ kind: 'postgres', url: new Secret(url) }, 'read-write', () => undefined);
    await state.close();
    await runStatement(url, ROWS);
    await runStatement(url, 'VACUUM ANALYZE');
  }, 120_000);

  afterAll(async () => {
    await postgres.stop();
  });

  async function tableScans(): Promise<Record<string, number>> {
    const rows = await runStatement(
      url,
      'SELECT relname, seq_scan::integer AS scans FROM pg_stat_user_tables',
    );
    return Object.fromEntries(rows.map(({ relname, scans }) => [String(relname), Number(scans)]));
  }

  it.each(QUESTIONS)('%s is found by indexes, soon', async (_what, ask) => {
    const before = await tableScans();
    const state = await openState({ kind: 'postgres', url: new Secret(url) }, 'read-write', () => undefined);
    const begin = performance.now();
    await ask(state.service!.views);
    const took = performance.now() - begin;
    // The counters of a session are complete when it has ended.
    await state.close();
    const after = await tableScans();

    expect(LARGE.filter((table) => after[table] !== before[table])).toEqual([]);
    expect(took).toBeLessThan(PATIENCE_MILLISECONDS);
  });

  it('history is pruned after every cycle without reading what stays', async () => {
    const prune = async (cyclesPerLink: number): Promise<number> => {
      const state = await openState(
        { kind: 'postgres', url: new Secret(url) },
        'read-write',
        () => undefined,
      );
      const begin = performance.now();
      await state.service!.history.prune(OF.link, { days: 30, cyclesPerLink });
      const took = performance.now() - begin;
      await state.close();
      return took;
    };
    await prune(8000);
    const before = await tableScans();

    const took = await prune(7999);

    const [left] = await runStatement(
      url,
      `SELECT count(*)::integer AS count FROM link_cycle WHERE link = '${OF.link}'`,
    );
    const after = await tableScans();
    expect(left?.count).toBe(7999);
    expect(LARGE.filter((table) => after[table] !== before[table])).toEqual([]);
    expect(took).toBeLessThan(PATIENCE_MILLISECONDS);
  });
});
