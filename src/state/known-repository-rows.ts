import type { EntityManager } from 'typeorm';
import { z } from 'zod';
import type { KnownRepository, KnownTag, RepositoryKey } from '../planning/repository-memory.ts';
import { rowsOf } from './state-transaction.ts';
import { COLUMN, parseRow } from './stored-row.ts';

const REPOSITORY_ROW: z.ZodType<KnownRepository> = z.object({
  name: COLUMN.repository,
  onPrimary: z.enum(['tagged', 'gone'] satisfies KnownRepository['onPrimary'][]),
});

const TAG_ROW: z.ZodType<KnownTag> = z.object({
  repository: COLUMN.repository,
  tag: COLUMN.tag,
  primaryDigest: COLUMN.digestOrNull,
});

/** Repositories of which tags are remembered on a secondary. */
export async function selectKnownRepositories(
  manager: EntityManager,
  link: string,
  secondary: string,
): Promise<readonly KnownRepository[]> {
  const rows = await rowsOf(manager, SELECT_REPOSITORIES, [link, secondary]);
  return rows.map((row) => parseRow('tag_state', REPOSITORY_ROW, row));
}

/** A tag in sync of any other repository of the same secondary. */
export async function selectOtherTag(
  manager: EntityManager,
  { link, secondary, primaryRepository }: RepositoryKey,
): Promise<KnownTag | undefined> {
  const [row] = await rowsOf(manager, SELECT_OTHER_TAG, [link, secondary, primaryRepository]);
  return row === undefined ? undefined : parseRow('tag_state', TAG_ROW, row);
}

/** Each look into the tags of a repository ends at its first. */
const SELECT_REPOSITORIES = `
  SELECT r.primary_repository AS name,
    CASE WHEN EXISTS (SELECT FROM tag_state t WHERE ${joined('t')} AND t.orphan_since IS NULL)
      THEN 'tagged' ELSE 'gone' END AS "onPrimary"
  FROM repository_state r
  WHERE r.link = $1 AND r.secondary = $2 AND EXISTS (SELECT FROM tag_state t WHERE ${joined('t')})
  ORDER BY r.primary_repository`;

const SELECT_OTHER_TAG = `
  SELECT primary_repository AS repository, tag, primary_digest AS "primaryDigest" FROM tag_state
  WHERE link = $1 AND secondary = $2 AND primary_repository <> $3 AND state = 'in_sync'
  LIMIT 1`;

function joined(tags: string): string {
  return `${tags}.link = r.link AND ${tags}.secondary = r.secondary AND ${tags}.primary_repository = r.primary_repository`;
}
