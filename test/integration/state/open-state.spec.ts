import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import type { DatabaseConfiguration } from '../../../src/config/configuration.ts';
import { Secret } from '../../../src/config/secret.ts';
import { databaseOptions } from '../../../src/state/database-options.ts';
import {
  findRunningEmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../../src/state/embedded/embedded-postgres.ts';
import { openState } from '../../../src/state/open-state.ts';
import type { OpenState } from '../../../src/state/opened-state.ts';
import {
  runStatement,
  startPostgres,
  traversableDirectory,
  type PostgresHarness,
} from '../../databases/postgres-harness.ts';
import { HolderProcess, untilNoPostgres } from './holder-process.ts';
import { cycleReport, deletionEntry, KEY, repositoryRecord, tagRecord } from './state-samples.ts';

const UPDATE = { repository: repositoryRecord(), changedTags: [tagRecord('v1')], forgottenTags: [] };
const MEMORY = { repository: UPDATE.repository, tags: new Map([['v1', tagRecord('v1')]]) };

const opened: OpenState[] = [];

async function open(database: DatabaseConfiguration, access: 'read-write' | 'read-only'): Promise<OpenState> {
  const state = await openState(database, access, () => undefined);
  opened.push(state);
  return state;
}

afterEach(closeAll);

async function closeAll(): Promise<void> {
  for (const state of opened.splice(0)) await state.close();
}

describe('state in memory', () => {
  it('is written and read, and has no URL', async () => {
    const state = await open({ kind: 'memory' }, 'read-write');
    await state.store.saveRepository(KEY, UPDATE);

    await expect(state.ping()).resolves.toBeUndefined();
    expect(await state.store.loadRepository(KEY)).toEqual(MEMORY);
    expect(state.url).toBeUndefined();
  });
});

describe('state in a PostgreSQL of its own', () => {
  let postgres: PostgresHarness;
  let database: DatabaseConfiguration & { readonly kind: 'postgres' };

  beforeAll(async () => {
    postgres = await startPostgres();
  });

  beforeEach(async () => {
    database = { kind: 'postgres', url: new Secret(await postgres.freshDatabase()) };
  });

  afterAll(() => postgres.stop());

  it('serves several processes that write and read at once', async () => {
    const [first, second] = await Promise.all([open(database, 'read-write'), open(database, 'read-write')]);
    await first.store.saveRepository(KEY, UPDATE);
    const reader = await open(database, 'read-only');

    expect(await second.store.loadRepository(KEY)).toEqual(MEMORY);
    expect(await reader.store.loadRepository(KEY)).toEqual(MEMORY);
    await expect(reader.ping()).resolves.toBeUndefined();
  });

  it('is empty for a reader before the first writer, and stays as it was', async () => {
    const reader = await open(database, 'read-only');

    expect(await reader.store.loadRepository(KEY)).toBeUndefined();
    expect(
      await runStatement(
        database.url.reveal(),
        `SELECT 1 FROM information_schema.tables WHERE table_schema = 'public'`,
      ),
    ).toEqual([]);
  });

  it.each(['read-write', 'read-only'] as const)(
    'is not opened %s where a newer release was',
    async (access) => {
      await open(database, 'read-write');
      await runStatement(database.url.reveal(), `UPDATE geo_reconciler_migration SET name = name || '0'`);

      await expect(open(database, access)).rejects.toMatchObject({
        name: 'StateError',
        code: 'SCHEMA_TOO_NEW',
      });
    },
  );

  it('refuses every write through a store opened for reading', async () => {
    await open(database, 'read-write');
    const { store } = await open(database, 'read-only');
    const refused = { name: 'StateError', code: 'READ_ONLY' };

    await expect(store.saveRepository(KEY, UPDATE)).rejects.toMatchObject(refused);
    await expect(
      store.cycleStarted({ cycleId: 'c', command: 'plan', startedAt: new Date(0), links: [] }),
    ).rejects.toMatchObject(refused);
    await expect(store.cycleFinished(cycleReport('c', []))).rejects.toMatchObject(refused);
    await expect(store.deletionStarted(deletionEntry('d'))).rejects.toMatchObject(refused);
    await expect(store.deletionAdvanced('d', 'failed')).rejects.toMatchObject(refused);
    expect(await store.loadCycle('c')).toBeUndefined();
    expect(await store.unfinishedDeletions(KEY.link, KEY.secondary, KEY.primaryRepository)).toEqual([]);
  });

  it('is protected from readers by PostgreSQL itself', async () => {
    await open(database, 'read-write');
    const dataSource = await new DataSource(databaseOptions(database.url.reveal(), 'read-only')).initialize();

    await expect(dataSource.query('DELETE FROM cycle')).rejects.toMatchObject({ code: '25006' });
    await dataSource.destroy();
  });
});

describe('state in the embedded database', () => {
  let parent: string;
  let database: DatabaseConfiguration & { readonly kind: 'embedded' };

  beforeAll(async () => {
    parent = await traversableDirectory();
    database = { kind: 'embedded', directory: join(parent, 'data') };
    await (await openState(database, 'read-write', () => undefined)).close();
  });

  afterEach(async () => {
    await closeAll();
    await untilNoPostgres(database.directory);
  });

  afterAll(() => rm(parent, { recursive: true, force: true }));

  it('is there again when it is opened again', async () => {
    const first = await open(database, 'read-write');
    await first.store.saveRepository(KEY, UPDATE);
    await Promise.all([first.close(), first.close()]);

    const second = await open(database, 'read-write');

    expect(await second.store.loadRepository(KEY)).toEqual(MEMORY);
    expect(second.url?.reveal()).toMatch(/^postgresql:/);
  });

  it('refuses a second writer, and says how the running service is asked', async () => {
    await open(database, 'read-write');

    await expect(open(database, 'read-write')).rejects.toMatchObject({
      code: 'IN_USE',
      message: expect.stringMatching(/is used by process \d+,.*POST \/api\/v1\/links\/{link}\/resync/),
    });
  });

  it('is read beside its writer, and the writer goes on when the reader is done', async () => {
    const writer = await open(database, 'read-write');
    const reader = await open(database, 'read-only');
    await writer.store.saveRepository(KEY, UPDATE);

    expect(await reader.store.loadRepository(KEY)).toEqual(MEMORY);
    await reader.close();
    await expect(writer.ping()).resolves.toBeUndefined();
  });

  it('is started for a reader where nobody runs it, and stopped after that', async () => {
    const writer = await open(database, 'read-write');
    await writer.store.saveRepository(KEY, UPDATE);
    await writer.close();

    const reader = await open(database, 'read-only');
    const memory = await reader.store.loadRepository(KEY);
    await reader.close();

    expect(memory).toEqual(MEMORY);
    expect(await findRunningEmbeddedPostgres(database.directory)).toBeUndefined();
  });

  it('is empty for a reader where there never was one, and no file is made', async () => {
    const directory = join(parent, 'never');
    const reader = await open({ kind: 'embedded', directory }, 'read-only');

    expect(await reader.store.loadRepository(KEY)).toBeUndefined();
    await expect(reader.store.saveRepository(KEY, UPDATE)).rejects.toMatchObject({ code: 'READ_ONLY' });
    expect(existsSync(directory)).toBe(false);
  });

  it('is empty for a reader where its first writer died before it made the schema', async () => {
    const postgres = await startEmbeddedPostgres({ directory: database.directory, log: () => undefined });
    await runStatement(postgres.url.reveal(), 'DROP SCHEMA public CASCADE; CREATE SCHEMA public');
    await postgres.stop();

    const reader = await open(database, 'read-only');

    expect(await reader.store.loadRepository(KEY)).toBeUndefined();
    expect(await findRunningEmbeddedPostgres(database.directory)).toBeUndefined();
  });

  it('is waited for by a reader that comes while its writer starts', async () => {
    await (await open(database, 'read-write')).close();
    // It has the lock at once, and its PostgreSQL some hundred milliseconds later.
    const holder = new HolderProcess(database.directory, 'hold');

    const readers = await Promise.all(Array.from({ length: 3 }, () => open(database, 'read-only')));

    const answers = await Promise.all(readers.map(({ store }) => store.loadCycle('never')));
    expect(answers).toEqual([undefined, undefined, undefined]);
    for (const reader of readers) await reader.close();
    await holder.kill();
  });
});
