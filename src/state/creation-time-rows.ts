import type { EntityManager } from 'typeorm';
import { z } from 'zod';
import { isDigest, type Digest } from '../oci/digest.ts';
import { rowsOf } from './state-transaction.ts';
import { COLUMN, parseRow } from './stored-row.ts';

/** A link that is paused for a holiday finds everything again. */
const KEPT_DAYS = 30;

/** What one save drops at most, so that none takes long. */
const MOST_PRUNED = 10_000;

export async function selectCreationTimes(
  manager: EntityManager,
  digests: readonly Digest[],
): Promise<ReadonlyMap<Digest, Date | null>> {
  if (digests.length === 0) return new Map();
  const rows = await rowsOf(manager, SELECT, [digests]);
  return new Map(
    rows
      .map((row) => parseRow('creation_time', CREATION_TIME_ROW, row))
      .map(({ digest, createdAt }) => [digest, createdAt]),
  );
}

/** What others are writing at the same moment is left to them. Rows that were touched today stay unwritten. */
export async function keepCreationTimes(
  manager: EntityManager,
  {
    news,
    used,
    now,
  }: {
    readonly news: ReadonlyMap<Digest, Date | null>;
    readonly used: readonly Digest[];
    readonly now: Date;
  },
): Promise<void> {
  if (news.size > 0) await manager.query(INSERT, [[...news.keys()], [...news.values()].map(textOf), now]);
  if (used.length > 0) await manager.query(TOUCH, [used, now]);
  await manager.query(PRUNE, [now, KEPT_DAYS, MOST_PRUNED]);
}

function textOf(at: Date | null): string | null {
  return at === null ? null : at.toISOString();
}

const CREATION_TIME_ROW = z.object({
  digest: z.custom<Digest>(isDigest, 'not a digest'),
  createdAt: COLUMN.dateOrNull,
});

const SELECT = `
  SELECT digest, created_at AS "createdAt" FROM creation_time WHERE digest = ANY ($1::text[])`;

/** In one order, so that two that add the same digests cannot wait for each other. */
const INSERT = `
  INSERT INTO creation_time (digest, created_at, used_at)
  SELECT n.digest, n.created_at, $3::timestamptz
  FROM unnest($1::text[], $2::timestamptz[]) AS n(digest, created_at) ORDER BY n.digest COLLATE "C"
  ON CONFLICT (digest) DO NOTHING`;

const TOUCH = `
  UPDATE creation_time SET used_at = $2::timestamptz WHERE digest IN (
    SELECT digest FROM creation_time
    WHERE digest = ANY ($1::text[]) AND used_at < $2::timestamptz - interval '1 day'
    FOR UPDATE SKIP LOCKED)`;

const PRUNE = `
  DELETE FROM creation_time WHERE digest IN (
    SELECT digest FROM creation_time WHERE used_at < $1::timestamptz - make_interval(days => $2::integer)
    LIMIT $3::integer FOR UPDATE SKIP LOCKED)`;
