import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { rm } from 'node:fs/promises';
import { Secret } from '../../../src/config/secret.ts';
import { parseRepositoryName, parseTag } from '../../../src/oci/reference.ts';
import { openState } from '../../../src/state/open-state.ts';
import type { OpenState } from '../../../src/state/opened-state.ts';
import { startEmbeddedPostgres } from '../../../src/state/embedded/embedded-postgres.ts';
import { SystemClock } from '../../../src/time/system-clock.ts';
import { AbruptPostgres } from '../../databases/abrupt-postgres.ts';
import {
  runStatement,
  startPostgres,
  traversableDirectory,
  type PostgresHarness,
} from '../../databases/postgres-harness.ts';
import { KEY, repositoryRecord, tagRecord } from './state-samples.ts';
import { SteppingClock } from './stepping-clock.ts';

let postgres: PostgresHarness;
let url: string;
let state: OpenState;

const silent = (): void => undefined;
const UPDATE = { repository: repositoryRecord(), changedTags: [tagRecord('v1')], forgottenTags: [] };

beforeAll(async () => {
  postgres = await startPostgres();
});

afterAll(() => postgres.stop());

/** Ends every session of the spec's database, and waits until they are gone. */
async function cutConnections(): Promise<void> {
  const database = new URL(url).pathname.slice(1);
  const sessions = `FROM pg_stat_activity WHERE datname = '${database}'`;
  await runStatement(postgres.adminUrl, `SELECT pg_terminate_backend(pid, 5000) ${sessions}`);
}

describe('a state store that loses its connections', () => {
  beforeEach(async () => {
    url = await postgres.freshDatabase();
    state = await openState(
      { kind: 'postgres', url: new Secret(url) },
      'read-write',
      silent,
      new SystemClock(),
    );
  });

  it('writes and reads on when idle sessions were cut', async () => {
    await state.store.saveRepository(KEY, UPDATE);
    await cutConnections();

    await state.store.saveRepository({ ...KEY, link: 'other' }, UPDATE);

    expect((await state.store.loadRepository(KEY))?.tags.size).toBe(1);
    await state.close();
  });

  it('finishes every save although sessions are cut in the middle of them', async () => {
    const keys = Array.from({ length: 20 }, (_, index) => ({
      ...KEY,
      primaryRepository: parseRepositoryName(`team/app-${index}`),
    }));
    const changedTags = Array.from({ length: 200 }, (_, index) => tagRecord(`v${index}`));

    const saves = Promise.all(keys.map((key) => state.store.saveRepository(key, { ...UPDATE, changedTags })));
    await cutConnections();
    await cutConnections();
    await saves;

    const sizes = await Promise.all(
      keys.map(async (key) => (await state.store.loadRepository(key))?.tags.size),
    );
    expect(new Set(sizes)).toEqual(new Set([200]));
    await state.close();
  });

  it('leaves nothing of a save behind that was cut before its end', async () => {
    await runStatement(
      url,
      `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no' USING ERRCODE = '23514'; END $$;
       CREATE TRIGGER refuse BEFORE INSERT ON tag_state FOR EACH ROW WHEN (NEW.tag = 'bad') EXECUTE FUNCTION refuse()`,
    );
    const bad = {
      ...UPDATE,
      changedTags: [tagRecord('good'), tagRecord('bad')],
      forgottenTags: [parseTag('v1')],
    };

    await expect(state.store.saveRepository(KEY, bad)).rejects.toMatchObject({ code: 'UNAVAILABLE' });

    expect(await state.store.loadRepository(KEY)).toBeUndefined();
    await state.close();
  });
});

describe('a state store whose database is gone', () => {
  let directory: string;

  beforeAll(async () => {
    directory = await traversableDirectory();
  });

  afterAll(() => rm(directory, { recursive: true, force: true }));

  it('says so, answers no ping, and can still be closed', async () => {
    const mine = await startEmbeddedPostgres({ directory, log: silent });
    const gone = await openState(
      { kind: 'postgres', url: mine.url },
      'read-write',
      silent,
      new SteppingClock(),
    );
    await gone.ping();
    await mine.stop();

    await expect(gone.store.loadRepository(KEY)).rejects.toMatchObject({
      name: 'StateError',
      code: 'UNAVAILABLE',
    });
    await expect(gone.ping()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(gone.close()).resolves.toBeUndefined();
  });

  it.each([
    { title: 'nobody listens', url: 'postgres://me:s3cret@127.0.0.1:1/state', says: '127.0.0.1:1/state' },
    { title: 'the URL is none', url: 'postgres://me:s3cret@[', says: 'is not a URL' },
  ])('is not opened where $title, and no message has its password', async ({ url: wrong, says }) => {
    const opening = openState({ kind: 'postgres', url: new Secret(wrong) }, 'read-write', silent);

    const error = await opening.catch((reason: unknown) => reason);

    expect(error).toMatchObject({ code: 'UNAVAILABLE', message: expect.stringContaining(says) });
    expect(String(error)).not.toContain('s3cret');
  });
});

describe('a server that ends sessions as soon as they have begun', () => {
  it('is an error of whoever asks, and never the end of the process', async () => {
    const abrupt = new AbruptPostgres();
    const database = { kind: 'postgres', url: new Secret(await abrupt.start()) } as const;

    const opening = openState(database, 'read-write', silent, new SystemClock());

    await expect(opening).rejects.toMatchObject({ name: 'StateError', code: 'UNAVAILABLE' });
    expect(abrupt.sessions).toBeGreaterThan(0);
    await abrupt.stop();
  });
});
