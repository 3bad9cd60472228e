import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import ts from 'typescript';
import { parse } from 'yaml';
import { Secret } from '../../src/config/secret.ts';
import { openState } from '../../src/state/open-state.ts';
import { ociImage } from '../builders/image-content.ts';
import { pushContent } from '../builders/push-content.ts';
import { runStatement, startPostgres } from '../databases/postgres-harness.ts';
import { startPair, tagsOf } from '../e2e/registry-pair.ts';
import { WorkDirectory } from '../e2e/work-directory.ts';
import { prometheusForTests } from '../prometheus/prometheus-for-tests.ts';
import { runPromtool } from '../prometheus/promtool.ts';
import { registryForTests } from '../registries/registry-for-tests.ts';
import type { ConfigurationFragment } from '../registries/registry-provider.ts';
import { runCommand } from '../registries/run-command.ts';
import { read, readCompose, ROOT, withSecrets } from './compose-file.ts';

const registry = await registryForTests();
const prometheus = await prometheusForTests();
const compose = readCompose();

(registry.isAvailable ? describe : describe.skip)(registry.titleOf('the registry of the stack'), () => {
  it('tells the hook of pushes, with the token that the service expects', async () => {
    const { promise: told, resolve: tell } = Promise.withResolvers<IncomingHttpHeaders>();
    const server = createServer((request, response) => {
      if (request.url === '/hooks/primary') tell(request.headers);
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const port = (server.address() as AddressInfo).port;
    const text = read('deploy/compose/primary-registry.yaml').replace(
      'geo-reconciler:8080',
      `127.0.0.1:${port}`,
    );
    const { notifications } = parse(text) as { readonly notifications: ConfigurationFragment };
    const running = await registry.provider.start({ extraConfiguration: { notifications } });
    try {
      await pushContent(running, 'team/app', ociImage('told'), { tag: 'v1' });

      expect((await told).authorization).toBe(`Bearer ${read('deploy/compose/hook-token')}`);
    } finally {
      await running.stop();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }, 60_000);

  it('is filled by the seed, which goes on to change something on both', async () => {
    const pair = await startPair(registry.provider);
    try {
      const seed = path.join(ROOT, 'deploy/compose/seed.ts');
      const places = ['--primary', pair.primary.url, '--secondary', pair.secondary.url];
      const result = await runCommand(
        path.join(ROOT, 'node_modules/.bin/node'),
        [seed, ...places, '--interval-seconds', '0', '--rounds', '10'],
        { timeoutSeconds: 120 },
      );

      expect(result).toMatchObject({ exitCode: 0, stderr: '' });
      expect(await tagsOf(pair.primary, 'shop/web')).toEqual(
        expect.arrayContaining(['2.0', 'build-1', 'build-10', 'latest']),
      );
      expect(await tagsOf(pair.primary, 'tools/cli')).toEqual(['__proto__', 'list', 'nested', 'odd-json']);
      expect(await tagsOf(pair.secondary, 'tools/cli')).toEqual(['stray-4', 'stray-8']);
      expect(await tagsOf(pair.secondary, 'shop/api')).toContain('1.4.0');
    } finally {
      await pair.stop();
    }
  }, 180_000);
});

describe('the seed of the stack', () => {
  it('needs nothing but Node and what is mounted', async () => {
    const mounted = (compose.services.seed?.volumes ?? []).map((volume) =>
      path.join(ROOT, volume.split(':')[0] ?? ''),
    );
    const seen = new Set<string>();
    const missing: string[] = [];
    const follow = (file: string): void => {
      if (seen.has(file)) return;
      seen.add(file);
      if (!mounted.some((place) => file.startsWith(`${place}/`))) missing.push(file);
      for (const { fileName } of ts.preProcessFile(read(path.relative(ROOT, file)), true, true)
        .importedFiles) {
        if (fileName.startsWith('.')) follow(path.resolve(path.dirname(file), fileName));
        else if (!fileName.startsWith('node:')) missing.push(`${fileName} of ${file}`);
      }
    };
    follow(path.join(ROOT, 'deploy/compose/seed.ts'));

    expect(missing).toEqual([]);
    expect(seen.size).toBeGreaterThan(5);
    await expect(Promise.resolve(read('package.json'))).resolves.toContain('"type": "module"');
  });
});

describe('the role of Grafana in the stack', () => {
  it('reads what the service remembers, and writes nothing', async () => {
    const postgres = await startPostgres();
    try {
      const url = await postgres.freshDatabase();
      const state = await openState(
        { kind: 'postgres', url: new Secret(url) },
        'read-write',
        () => undefined,
      );
      await state.close();
      await runStatement(url, read('deploy/compose/create-grafana-role.sql'));
      const asGrafana = new URL(url);
      asGrafana.username = 'grafana';
      asGrafana.password = read('deploy/compose/grafana-database-password');

      expect(await runStatement(asGrafana.href, 'SELECT count(*)::integer AS count FROM tag_state')).toEqual([
        { count: 0 },
      ]);
      await expect(runStatement(asGrafana.href, 'DELETE FROM tag_state')).rejects.toThrow(
        /permission denied|read-only/,
      );
    } finally {
      await postgres.stop();
    }
  }, 60_000);
});

const title = prometheus.titleOf('the configuration of Prometheus in the stack');

(prometheus.isAvailable ? describe : describe.skip)(title, () => {
  it('is one that Prometheus takes, with the alerts and the token', async () => {
    const directory = await WorkDirectory.create();
    try {
      const text = withSecrets(read('deploy/prometheus/prometheus.yaml')).replace(
        '/etc/prometheus/alerts.yaml',
        path.join(ROOT, 'deploy/prometheus/alerts.yaml'),
      );
      const file = await directory.write('prometheus.yml', text);

      expect(await runPromtool(prometheus.programs(), ['check', 'config', file])).toEqual({
        exitCode: 0,
        text: expect.stringContaining('1 rule files found'),
      });
    } finally {
      await directory.remove();
    }
  });

  it('scrapes the service, under the name that the alerts ask for', () => {
    const { scrape_configs: jobs } = parse(read('deploy/prometheus/prometheus.yaml')) as {
      readonly scrape_configs: readonly {
        readonly job_name: string;
        readonly static_configs: readonly { readonly targets: readonly string[] }[];
      }[];
    };
    const [job] = jobs;
    const port = compose.services['geo-reconciler']?.ports?.[0]?.split(':')[2] ?? '';
    expect(job?.job_name).toBe('geo-reconciler');
    expect(job?.static_configs[0]?.targets).toEqual([`geo-reconciler:${port}`]);
    expect(read('deploy/prometheus/alerts.yaml')).toContain('job="geo-reconciler"');
    const mounts = compose.services.prometheus?.configs?.map(({ target }) => target);
    expect(mounts).toEqual(['/etc/prometheus/prometheus.yml', '/etc/prometheus/alerts.yaml']);
    expect(compose.services.prometheus?.secrets).toEqual(['viewer_token']);
  });
});
