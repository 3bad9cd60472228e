import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WorkDirectory } from '../e2e/work-directory.ts';
import { prometheusForTests } from './prometheus-for-tests.ts';
import { lintMetrics, runPromtool } from './promtool.ts';
import { QueryError, RunningPrometheus } from './running-prometheus.ts';

const found = await prometheusForTests();

const RULES = `groups:
  - name: harness
    rules:
      - { alert: TooWarm, expr: warmth > 30, labels: { severity: page } }
      - { alert: TooCold, expr: warmth < 10 }
`;

(found.isAvailable ? describe : describe.skip)(found.titleOf('a Prometheus for tests'), () => {
  let page = 'warmth{room="a"} 20\nwarmth{room="b"} 21\n';
  let authorization: string | undefined;
  let server: Server;
  let directory: WorkDirectory;
  let prometheus: RunningPrometheus;

  beforeAll(async () => {
    server = createServer((request, response) => {
      authorization = request.headers.authorization;
      response.setHeader('content-type', 'text/plain; version=0.0.4').end(page);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    directory = await WorkDirectory.create();
    prometheus = await RunningPrometheus.start(found.programs(), {
      jobs: [
        {
          job: 'rooms',
          targets: [`http://127.0.0.1:${(server.address() as AddressInfo).port}`],
          bearerToken: 'a-token',
          labels: { house: 'ours' },
        },
      ],
      ruleFiles: [await directory.write('rules.yaml', RULES)],
    });
  }, 120_000);

  afterAll(async () => {
    await prometheus.stop();
    await directory.remove();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it('scrapes, and answers for a moment', async () => {
    const samples = await prometheus.waitFor('warmth', ({ length }) => length === 2);

    expect(samples.map(({ labels, value }) => [labels.room, labels.house, value])).toEqual([
      ['a', 'ours', 20],
      ['b', 'ours', 21],
    ]);
    expect(authorization).toBe('Bearer a-token');
    await expect(prometheus.valueOf('sum(warmth)')).resolves.toBe(41);
    await expect(prometheus.valueOf('1 + 1')).resolves.toBe(2);
  });

  it('answers for a range of time', async () => {
    const to = new Date(Date.now());
    const from = new Date(to.getTime() - 60_000);
    const [series] = await prometheus.queryRange('sum(warmth)', { from, to, stepSeconds: 1 });

    expect(series?.values.at(-1)?.[1]).toBe(41);
  });

  it.each([
    ['does not parse', 'sum(', 'parse error'],
    ['has more series than one', 'warmth', '2 series instead of one'],
    ['has no series', 'nothing', '0 series instead of one'],
  ])('refuses an expression that %s', async (_what, expression, message) => {
    const asked = prometheus.valueOf(expression);
    await expect(asked).rejects.toThrow(QueryError);
    await expect(asked).rejects.toThrow(message);
  });

  it('evaluates alerts', async () => {
    expect(await prometheus.firingAlerts()).toEqual([]);
    page = 'warmth{room="a"} 31\nwarmth{room="b"} 32\n';
    await prometheus.waitFor('ALERTS{alertstate="firing"}', ({ length }) => length === 2);

    expect(await prometheus.firingAlerts()).toEqual(['TooWarm', 'TooWarm']);
  });

  it('says why it does not start', async () => {
    const file = await directory.write(
      'broken.yaml',
      'groups: [{ name: x, rules: [{ alert: A, expr: "((" }] }]',
    );
    await expect(RunningPrometheus.start(found.programs(), { jobs: [], ruleFiles: [file] })).rejects.toThrow(
      /ended at once: .*could not parse expression/s,
    );
  });

  it('has the tool beside it', async () => {
    const file = await directory.write('rules.yaml', RULES);
    expect(await runPromtool(found.programs(), ['check', 'rules', file])).toEqual({
      exitCode: 0,
      text: expect.stringContaining('SUCCESS: 2 rules found'),
    });
    expect(
      await lintMetrics(found.programs(), '# HELP a_total Text\n# TYPE a_total counter\na_total 1\n'),
    ).toEqual([]);
    expect(await lintMetrics(found.programs(), '# TYPE warmth_total gauge\nwarmth_total 1\n')).not.toEqual(
      [],
    );
  });
});

describe('where there is no Prometheus', () => {
  it('every place that was looked at is named', async () => {
    const before = { path: process.env.PATH, cache: process.env.XDG_CACHE_HOME };
    const empty = await WorkDirectory.create();
    try {
      process.env.PATH = empty.path;
      process.env.XDG_CACHE_HOME = empty.path;
      const missing = await prometheusForTests();

      expect(missing.isAvailable).toBe(false);
      expect(missing.titleOf('metrics')).toBe(
        'metrics (skipped: a real Prometheus cannot be had from here. a binary on PATH: no prometheus and ' +
          'promtool there. the Debian package prometheus: no apt-get on PATH.)',
      );
      expect(() => missing.programs()).toThrow('cannot be had');
    } finally {
      process.env.PATH = before.path;
      if (before.cache === undefined) delete process.env.XDG_CACHE_HOME;
      else process.env.XDG_CACHE_HOME = before.cache;
      await empty.remove();
    }
  });
});
