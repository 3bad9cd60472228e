import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Secret } from '../../../src/config/secret.ts';
import type { Digest } from '../../../src/oci/digest.ts';
import { openState } from '../../../src/state/open-state.ts';
import type { OpenState } from '../../../src/state/opened-state.ts';
import { SystemClock } from '../../../src/time/system-clock.ts';
import { runStatement, startPostgres, type PostgresHarness } from '../../databases/postgres-harness.ts';
import { digestOfText } from './state-samples.ts';

let postgres: PostgresHarness;
let url: string;
let state: OpenState;

const open = (access: 'read-write' | 'read-only'): Promise<OpenState> =>
  openState({ kind: 'postgres', url: new Secret(url) }, access, () => undefined, new SystemClock());

const AT = new Date('2024-05-01T10:00:00Z');
const [used, forgotten, fresh] = ['used', 'forgotten', 'fresh'].map((text) => digestOfText(text));

const timesOf = (...digests: readonly (Digest | undefined)[]): Map<Digest, Date | null> =>
  new Map(digests.map((digest) => [digest!, AT]));

/** Identity of the version of a row, so that a write that changes nothing is seen. */
async function versionOf(digest: Digest | undefined): Promise<unknown> {
  const [row] = await runStatement(
    url,
    `SELECT xmin::text || ctid::text AS version FROM creation_time WHERE digest = '${digest!}'`,
  );
  return row?.version;
}

beforeAll(async () => {
  postgres = await startPostgres();
});

beforeEach(async () => {
  url = await postgres.freshDatabase();
  state = await open('read-write');
});

afterEach(() => state.close());

afterAll(() => postgres.stop());

describe('creation times in PostgreSQL', () => {
  it('are forgotten a month after they were last asked for, and not while they are asked for', async () => {
    const { store } = state;
    await store.saveCreationTimes(timesOf(used, forgotten, fresh), []);
    await runStatement(
      url,
      `UPDATE creation_time SET used_at = now() - interval '31 days' WHERE digest <> '${fresh!}'`,
    );

    await store.saveCreationTimes(new Map(), [used!]);

    expect(await store.loadCreationTimes([used!, forgotten!, fresh!])).toEqual(timesOf(used, fresh));
  });

  it('are written once a day, however often they are asked for', async () => {
    const { store } = state;
    await store.saveCreationTimes(timesOf(used, fresh), []);
    await runStatement(
      url,
      `UPDATE creation_time SET used_at = now() - interval '2 days' WHERE digest = '${used!}'`,
    );
    const before = [await versionOf(used), await versionOf(fresh)];

    await store.saveCreationTimes(new Map(), [used!, fresh!]);
    const after = [await versionOf(used), await versionOf(fresh)];
    await store.saveCreationTimes(timesOf(used), [used!, fresh!]);

    expect(after[0]).not.toBe(before[0]);
    expect(after[1]).toBe(before[1]);
    expect([await versionOf(used), await versionOf(fresh)]).toEqual(after);
  });

  it('can be saved by many at once, in any order', async () => {
    const { store } = state;
    const digests = Array.from({ length: 200 }, (_, index) => digestOfText(`shared ${index}`));
    const saves = Array.from({ length: 12 }, (_, turn) => {
      const turned = [...digests.slice(turn * 16), ...digests.slice(0, turn * 16)];
      return store.saveCreationTimes(timesOf(...turned), turned);
    });

    await Promise.all(saves);

    expect(await store.loadCreationTimes(digests)).toEqual(timesOf(...digests));
  });

  it('are read by a command that changes nothing, which cannot add to them', async () => {
    await state.store.saveCreationTimes(timesOf(used), []);
    const reader = await open('read-only');

    expect(await reader.store.loadCreationTimes([used!, fresh!])).toEqual(timesOf(used));
    await expect(reader.store.saveCreationTimes(timesOf(fresh), [])).rejects.toMatchObject({
      code: 'READ_ONLY',
    });
    await reader.close();
  });
});
