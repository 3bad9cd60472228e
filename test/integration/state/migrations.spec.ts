import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { databaseOptions } from '../../../src/state/database-options.ts';
import { inspectSchema, migrate } from '../../../src/state/migrate.ts';
import { MIGRATIONS } from '../../../src/state/migrations/migrations.ts';
import { runStatement, startPostgres, type PostgresHarness } from '../../databases/postgres-harness.ts';

let postgres: PostgresHarness;
let url: string;
const opened: DataSource[] = [];

beforeAll(async () => {
  postgres = await startPostgres();
});

beforeEach(async () => {
  url = await postgres.freshDatabase();
});

afterEach(async () => {
  for (const dataSource of opened.splice(0)) await dataSource.destroy();
});

afterAll(() => postgres.stop());

async function open(options: DataSourceOptions = databaseOptions(url)): Promise<DataSource> {
  const dataSource = await new DataSource({ ...options, logger: 'debug' }).initialize();
  opened.push(dataSource);
  return dataSource;
}

async function drift(dataSource: DataSource): Promise<string[]> {
  const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
  return upQueries.map(({ query }) => query);
}

async function tables(): Promise<unknown[]> {
  const rows = await runStatement(
    url,
    `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1`,
  );
  return rows.map(({ name }) => name);
}

async function undoAll(dataSource: DataSource): Promise<void> {
  for (let left = MIGRATIONS.length; left > 0; left--) await dataSource.undoLastMigration();
}

const TABLES = [
  'audit',
  'creation_time',
  'cycle',
  'cycle_link',
  'cycle_repository',
  'deletion',
  'deletion_freeze',
  'geo_reconciler_migration',
  'held_plan',
  'link_cycle',
  'link_state',
  'notification_event',
  'registry_capability',
  'repository_state',
  'repository_work',
  'tag_restore',
  'tag_state',
  'webhook_delivery',
  'webhook_told',
];

describe('migrations', () => {
  it('lead to the schema that the entities describe', async () => {
    const dataSource = await open();

    await migrate(dataSource);

    expect(await drift(dataSource)).toEqual([]);
    expect(await tables()).toEqual(TABLES);
  });

  it('can be taken back and run again', async () => {
    const dataSource = await open();
    await migrate(dataSource);

    await undoAll(dataSource);
    const without = await tables();
    await migrate(dataSource);

    expect(without).toEqual(['geo_reconciler_migration']);
    expect(await drift(dataSource)).toEqual([]);
  });

  it('are run once by five replicas that start together', async () => {
    const replicas = await Promise.all(Array.from({ length: 5 }, () => open()));

    await Promise.all(replicas.map(migrate));

    const rows = await runStatement(url, 'SELECT name FROM geo_reconciler_migration');
    expect(rows).toHaveLength(MIGRATIONS.length);
    expect(await tables()).toEqual(TABLES);
  });

  it('do nothing, and fail nobody, when they were run before', async () => {
    await migrate(await open());

    await expect(migrate(await open())).resolves.toBeUndefined();
  });

  it('leave nothing behind when one of them fails', async () => {
    await runStatement(url, 'CREATE TABLE deletion (id text)');

    await expect(migrate(await open())).rejects.toThrow(/already exists/);

    expect(await tables()).toEqual(['deletion']);
  });

  it('refuse a schema that a newer release has made, and leave it alone', async () => {
    await migrate(await open());
    await runStatement(
      url,
      `INSERT INTO geo_reconciler_migration (timestamp, name) VALUES (9999999999999, 'AddTeleport9999999999999')`,
    );

    const refused = {
      name: 'StateError',
      code: 'SCHEMA_TOO_NEW',
      message: expect.stringContaining('AddTeleport'),
    };

    await expect(migrate(await open())).rejects.toMatchObject(refused);
    await expect(inspectSchema(await open())).rejects.toMatchObject(refused);
  });

  it('are found absent, behind or current without anything being written', async () => {
    const readOnly = await open(databaseOptions(url, 'read-only'));
    const absent = await inspectSchema(readOnly);
    const untouched = await tables();
    await migrate(await open());
    const current = await inspectSchema(readOnly);
    class AddLater9999999999999 {
      readonly name = 'AddLater9999999999999';
      up = () => Promise.resolve();
      down = () => Promise.resolve();
    }
    const later = await open({ ...databaseOptions(url), migrations: [...MIGRATIONS, AddLater9999999999999] });

    expect(absent).toBe('absent');
    expect(untouched).toEqual([]);
    expect(current).toBe('current');
    expect(await inspectSchema(later)).toBe('behind');
  });
});
