import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { z } from 'zod';
import { loadConfiguration } from '../../src/config/load-configuration.ts';
import { WorkDirectory } from '../e2e/work-directory.ts';
import { read, readCompose, ROOT, withSecrets } from './compose-file.ts';

const compose = readCompose();
const services = Object.entries(compose.services);

/** A service that the file has. */
function service(name: string): (typeof compose.services)[string] {
  const found = compose.services[name];
  if (found === undefined) throw new Error(`no service ${name}`);
  return found;
}

/** What a URL or an address inside of the network names: a service, at a port that it listens on. */
function insidePorts(name: string): readonly string[] {
  return (service(name).ports ?? []).map((port) => port.split(':')[2] ?? '');
}

describe('docker-compose.yml', () => {
  it('has the stack: two registries, what fills them, PostgreSQL, the service, Prometheus and Grafana', () => {
    expect(Object.keys(compose.services).toSorted()).toEqual(
      ['database', 'geo-reconciler', 'grafana', 'primary', 'prometheus', 'secondary', 'seed'].toSorted(),
    );
  });

  it.each(services)('%s is of an image with a release, or built here', (_name, { image, build }) => {
    expect([image, build].filter((each) => each !== undefined)).toHaveLength(1);
  });

  it.each(services)('%s uses what is declared, and mounts what is there', (_name, each) => {
    const paths = (each.volumes ?? []).map((volume) => volume.split(':')[0] ?? '');
    const missing = paths.filter((source) => source.startsWith('./') && !existsSync(path.join(ROOT, source)));
    const volumes = paths.filter((source) => !source.startsWith('./'));
    expect(missing).toEqual([]);
    expect(volumes.filter((volume) => !(volume in compose.volumes))).toEqual([]);
    expect((each.secrets ?? []).filter((secret) => !(secret in compose.secrets))).toEqual([]);
    expect((each.configs ?? []).filter(({ source }) => !(source in compose.configs))).toEqual([]);
  });

  it.each(services)('%s waits only for services that say when they are healthy', (_name, each) => {
    const awaited = Object.keys(each.depends_on ?? {});
    expect(awaited.filter((name) => compose.services[name]?.healthcheck === undefined)).toEqual([]);
  });

  it.each(services)('%s says at most that it needs secrets that it names', (_name, each) => {
    const texts = [...Object.values(each.environment ?? {}), ...(each.command ?? [])].join('\n');
    const named = [...texts.matchAll(/\/run\/secrets\/(\w+)/g)].map(([, name]) => name ?? '');
    expect(named.filter((name) => !(each.secrets ?? []).includes(name))).toEqual([]);
  });

  it('declares nothing that no service uses, and every file of it is there', () => {
    const all = services.map(([, each]) => each);
    const used = {
      volumes: all.flatMap(({ volumes = [] }) => volumes.map((volume) => volume.split(':')[0] ?? '')),
      secrets: all.flatMap(({ secrets = [] }) => secrets),
      configs: all.flatMap(({ configs = [] }) => configs.map(({ source }) => source)),
    };
    expect(Object.keys(compose.volumes).filter((name) => !used.volumes.includes(name))).toEqual([]);
    expect(Object.keys(compose.secrets).filter((name) => !used.secrets.includes(name))).toEqual([]);
    expect(Object.keys(compose.configs).filter((name) => !used.configs.includes(name))).toEqual([]);
    const files = [...Object.values(compose.secrets), ...Object.values(compose.configs)];
    expect(files.filter(({ file }) => !existsSync(path.join(ROOT, file)))).toEqual([]);
  });

  it('publishes no port twice', () => {
    const published = services.flatMap(([, { ports = [] }]) => ports.map((port) => port.split(':')[1]));
    expect(published).toEqual([...new Set(published)]);
  });

  it('runs what is ours, and what watches it, without rights that it does not need', () => {
    for (const name of ['geo-reconciler', 'seed', 'prometheus']) {
      expect(service(name)).toMatchObject({
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
      });
    }
  });
});

describe('the configuration of the service in the stack', () => {
  async function load(): Promise<ReturnType<typeof loadConfiguration>> {
    const directory = await WorkDirectory.create();
    try {
      const text = withSecrets(read(compose.configs.geo_reconciler?.file ?? ''));
      return loadConfiguration(await directory.write('geo-reconciler.yaml', text), {});
    } finally {
      await directory.remove();
    }
  }

  it('is one that the service takes, and is about the registries of the stack', async () => {
    const { registries, server } = await load();
    const { configs = [], command = [] } = service('geo-reconciler');

    expect([...registries.values()].map(({ origin }) => origin)).toEqual(
      ['primary', 'secondary'].map((name) => `http://${name}:${insidePorts(name)[0] ?? ''}`),
    );
    expect(insidePorts('geo-reconciler')).toEqual([String(server.port)]);
    expect(command).toContain(configs[0]?.target);
  });

  it('reads secrets that its container has', () => {
    const text = read(compose.configs.geo_reconciler?.file ?? '');
    const named = [...text.matchAll(/\/run\/secrets\/(\w+)/g)].map(([, name]) => name ?? '');
    expect(named.toSorted()).toEqual(service('geo-reconciler').secrets?.toSorted());
  });

  it('names the database as that one was made', () => {
    const { environment = {} } = service('database');
    const url = new URL(read(compose.secrets.database_url?.file ?? ''));
    expect({ user: url.username, password: url.password, name: url.pathname, host: url.hostname }).toEqual({
      user: environment.POSTGRES_USER,
      password: read(compose.secrets.database_password?.file ?? ''),
      name: `/${environment.POSTGRES_DB ?? ''}`,
      host: 'database',
    });
  });

  it('has the hook that the primary is told to call, with its secret', async () => {
    const { notifications } = await load();
    const [hook] = notifications.incoming;
    const registry = z
      .object({
        notifications: z.object({
          endpoints: z.tuple([
            z.object({ url: z.url(), headers: z.object({ Authorization: z.tuple([z.string()]) }) }),
          ]),
        }),
      })
      .parse(parse(read(compose.configs.primary_registry?.file ?? '')));
    const [{ url, headers }] = registry.notifications.endpoints;

    expect(url).toBe(`http://geo-reconciler:${insidePorts('geo-reconciler')[0] ?? ''}${hook?.path ?? ''}`);
    expect(headers.Authorization).toEqual([`Bearer ${hook?.secret.reveal() ?? ''}`]);
    expect(hook?.registry.name).toBe('primary');
  });
});

describe('Grafana in the stack', () => {
  const mounts = new Map(
    (service('grafana').volumes ?? []).map((volume) => {
      const [from = '', to = ''] = volume.split(':');
      return [to, from];
    }),
  );
  const sources = z
    .object({
      datasources: z.array(
        z.object({
          type: z.string(),
          url: z.string(),
          user: z.string().optional(),
          jsonData: z.looseObject({ database: z.string().optional() }),
          secureJsonData: z.object({ password: z.string() }).optional(),
        }),
      ),
    })
    .parse(parse(read('deploy/grafana/provisioning/datasources/geo-reconciler.yaml'))).datasources;
  const [provider] = z
    .object({ providers: z.tuple([z.object({ options: z.object({ path: z.string() }) })]) })
    .parse(parse(read('deploy/grafana/provisioning/dashboards/geo-reconciler.yaml'))).providers;

  it('is provisioned from the repository', () => {
    expect(mounts.get('/etc/grafana/provisioning')).toBe('./deploy/grafana/provisioning');
    expect(mounts.get(provider.options.path)).toBe('./grafana/dashboards');
    const home = service('grafana').environment?.GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH ?? '';
    expect(
      existsSync(path.join(ROOT, 'grafana/dashboards', path.relative(provider.options.path, home))),
    ).toBe(true);
  });

  it('has every kind of data source that a dashboard asks for, once', () => {
    const wanted = ['overview', 'link-detail', 'registries', 'service'].flatMap((name) => {
      const text = read(`grafana/dashboards/${name}.json`);
      return [...text.matchAll(/"type": "(prometheus|[a-z-]+-datasource)"/g)].map(([, type]) => type ?? '');
    });
    expect([...new Set(wanted)].toSorted()).toEqual(sources.map(({ type }) => type).toSorted());
  });

  it('reaches Prometheus', () => {
    const [prometheus] = sources;
    expect(prometheus?.url).toBe(`http://prometheus:${insidePorts('prometheus')[0] ?? ''}`);
  });

  it('reaches the database, as the role that is made for it', () => {
    const [, database] = sources;
    expect(database?.url).toBe('database:5432');
    expect(database?.jsonData.database).toBe(service('database').environment?.POSTGRES_DB);
    expect(database?.secureJsonData?.password).toBe('$__file{/run/secrets/grafana_database_password}');
    expect(service('grafana').secrets).toContain('grafana_database_password');
    const password = read(compose.secrets.grafana_database_password?.file ?? '');
    expect(read(compose.configs.grafana_role?.file ?? '')).toContain(
      `CREATE ROLE ${database?.user ?? ''} LOGIN PASSWORD '${password}';`,
    );
  });
});

describe('Dockerfile', () => {
  const lines = read('Dockerfile').split('\n');
  const instructions = (name: string): string[] =>
    lines.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1));

  it('starts from releases, the one that the seed runs on', () => {
    const images = instructions('FROM').map((from) => from.split(' ')[0]);
    expect(new Set(images)).toEqual(new Set([service('seed').image]));
  });

  it('ends as a user that is not root, listens where the configuration says, and says whether it lives', () => {
    expect(instructions('USER')).toEqual(['node']);
    expect(instructions('EXPOSE')).toEqual(insidePorts('geo-reconciler'));
    expect(instructions('HEALTHCHECK')).toHaveLength(1);
    expect(instructions('ENTRYPOINT')).toEqual(['["/app/bin/geo-reconciler"]']);
  });

  it('copies what is there and is not ignored', () => {
    const ignored = read('.dockerignore').split('\n').filter(Boolean);
    const sources = instructions('COPY')
      .filter((copy) => !copy.startsWith('--from'))
      .flatMap((copy) =>
        copy
          .split(' ')
          .filter((word) => !word.startsWith('--'))
          .slice(0, -1),
      );
    expect(sources).toContain('src');
    expect(sources.filter((source) => !existsSync(path.join(ROOT, source)))).toEqual([]);
    expect(sources.filter((source) => ignored.includes(path.normalize(source)))).toEqual([]);
  });

  it('writes to one place only, which the stack has on a disk', () => {
    const [spool = ''] = instructions('VOLUME');
    expect(instructions('ENV')).toContain(`TMPDIR=${spool}`);
    expect(service('geo-reconciler').volumes).toEqual([`spool:${spool}`]);
  });
});
