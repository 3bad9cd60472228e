import type { DataSource } from 'typeorm';
import { z } from 'zod';
import { inTransaction, rowsOf } from './state-transaction.ts';
import { parseRow } from './stored-row.ts';

/** Who caused an event: this program, or anybody else. */
type EventAuthor = 'own' | 'foreign';

/** What a registry said that may have changed a tag. */
export interface NotificationEvent {
  /** The registry's; told again, it is the same event. */
  readonly id: string;
  readonly author: EventAuthor;
  readonly repository: string;
  readonly tag: string | null;
  readonly digest: string | null;
}

export interface WaitingEvent extends NotificationEvent {
  /** Path of the hook that it came by. */
  readonly hook: string;
}

/** Where an event of a secondary may have changed what a link keeps there. */
export interface TouchedRepository {
  readonly link: string;
  readonly primaryRepository: string;
}

/** A push of an image with its children, and the tags of one release, come within this of one another. */
export const QUIET_SECONDS = 0.25;

/** A burst is not waited out: somebody may wait for its first push. */
const FIRST_WINDOW_SECONDS = 2;

/** A repository that does not come to rest is looked at as often as this. */
const NEXT_WINDOW_SECONDS = 15;

/** A registry tells an event again for as long as nobody accepts it; a day later it is news to nobody. */
const KEPT_DAYS = 1;

/** Some tens of megabytes, and more than a busy registry pushes within a day. */
const MOST_KEPT = 200_000;

/**
 * Events of registries that wait to become marks. They are written down before the registry has its answer, so that none is lost.
 *
 * @throws {StateError} every method, `UNAVAILABLE` where the database cannot be had.
 */
export class NotificationEventStore {
  readonly #dataSource: DataSource;

  constructor(dataSource: DataSource) {
    this.#dataSource = dataSource;
  }

  /** Answers how many were new. */
  async add(hook: string, events: readonly NotificationEvent[]): Promise<number> {
    return await inTransaction(this.#dataSource, async (manager) => {
      const rows = await rowsOf(manager, INSERT, [
        hook,
        events.map(({ id }) => id),
        events.map(({ author }) => author),
        events.map(({ repository }) => repository),
        events.map(({ tag }) => tag),
        events.map(({ digest }) => digest),
      ]);
      return rows.length;
    });
  }

  /**
   * The oldest that no process has made marks of, of repositories whose burst is over, or has lasted for a window: a thousand pushes
   * to one repository are a few looks at it, and no other repository waits for them.
   */
  async settled(limit: number): Promise<readonly WaitingEvent[]> {
    return await inTransaction(this.#dataSource, async (manager) => {
      const rows = await rowsOf(manager, SELECT_SETTLED, [
        limit,
        QUIET_SECONDS,
        FIRST_WINDOW_SECONDS,
        NEXT_WINDOW_SECONDS,
      ]);
      return rows.map((row) => parseRow('notification_event', WAITING_ROW, row));
    });
  }

  /** How many wait, settled or not. */
  async countWaiting(): Promise<number> {
    return await inTransaction(this.#dataSource, async (manager) => {
      const [row] = await rowsOf(manager, COUNT_WAITING, []);
      return parseRow('notification_event', COUNT_ROW, row).count;
    });
  }

  /** Marks them as done; they stay a while, to be known again. */
  async processed(events: readonly WaitingEvent[]): Promise<void> {
    await inTransaction(this.#dataSource, (manager) =>
      manager.query(SET_PROCESSED, [events.map(({ hook }) => hook), events.map(({ id }) => id)]),
    );
  }

  /**
   * What links keep in repositories of a secondary that events are about. An event that says what this service itself put there
   * touches nothing.
   *
   * @param ends links, and what each calls the registry.
   */
  async touchedBy(
    ends: readonly { readonly link: string; readonly secondary: string }[],
    events: readonly NotificationEvent[],
  ): Promise<readonly TouchedRepository[]> {
    return await inTransaction(this.#dataSource, async (manager) => {
      const rows = await rowsOf(manager, SELECT_TOUCHED, [
        ends.map(({ link }) => link),
        ends.map(({ secondary }) => secondary),
        events.map(({ repository }) => repository),
        events.map(({ tag }) => tag),
        events.map(({ digest }) => digest),
      ]);
      return rows.map((row) => parseRow('repository_state', TOUCHED_ROW, row));
    });
  }

  /** Whether one of a repository became a mark since a moment, or waits to become one. */
  async hasAnnounced(hooks: readonly string[], repository: string, since: Date): Promise<boolean> {
    return await inTransaction(this.#dataSource, async (manager) => {
      const rows = await rowsOf(manager, SELECT_ANNOUNCED, [hooks, repository, since]);
      return rows.length > 0;
    });
  }

  /** Drops what nobody will tell again. */
  async prune(): Promise<void> {
    await inTransaction(this.#dataSource, (manager) => manager.query(PRUNE, [KEPT_DAYS, MOST_KEPT]));
  }
}

const WAITING_ROW = z.object({
  hook: z.string(),
  id: z.string(),
  author: z.enum(['own', 'foreign']),
  repository: z.string(),
  tag: z.string().nullable(),
  digest: z.string().nullable(),
});

const COUNT_ROW = z.object({ count: z.int() });

const TOUCHED_ROW = z.object({ link: z.string(), primaryRepository: z.string() });

const INSERT = `
  INSERT INTO notification_event (hook, event_id, author, repository, tag, digest, received_at)
  SELECT $1, told.*, now() FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[]) AS told
  ON CONFLICT DO NOTHING RETURNING event_id`;

const SELECT_SETTLED = `
  WITH burst AS (
    SELECT hook, repository, min(received_at) AS first, max(received_at) AS last FROM notification_event
    WHERE processed_at IS NULL GROUP BY hook, repository
  ), settled AS (
    SELECT hook, repository FROM burst b
    WHERE last < now() - make_interval(secs => $2::float8) OR first < now() - make_interval(secs => CASE
      WHEN EXISTS (
        SELECT FROM notification_event e WHERE e.hook = b.hook AND e.repository = b.repository
          AND e.processed_at > now() - make_interval(secs => $4::float8))
      THEN $4::float8 ELSE $3::float8 END)
  )
  SELECT hook, event_id AS id, author, repository, tag, digest FROM notification_event JOIN settled USING (hook, repository)
  WHERE processed_at IS NULL ORDER BY received_at LIMIT $1`;

const SELECT_ANNOUNCED = `
  SELECT 1 FROM notification_event
  WHERE hook = ANY ($1::text[]) AND repository = $2 AND (processed_at IS NULL OR processed_at >= $3) LIMIT 1`;

const COUNT_WAITING = 'SELECT count(*)::integer AS count FROM notification_event WHERE processed_at IS NULL';

const SET_PROCESSED = `
  UPDATE notification_event e SET processed_at = now()
  FROM unnest($1::text[], $2::text[]) AS done(hook, event_id)
  WHERE e.hook = done.hook AND e.event_id = done.event_id`;

const SELECT_TOUCHED = `
  SELECT DISTINCT r.link, r.primary_repository AS "primaryRepository"
  FROM unnest($1::text[], $2::text[]) AS here(link, secondary)
    JOIN repository_state r ON r.link = here.link AND r.secondary = here.secondary
    JOIN unnest($3::text[], $4::text[], $5::text[]) AS told(repository, tag, digest)
      ON told.repository = r.secondary_repository
    LEFT JOIN tag_state t ON t.link = r.link AND t.secondary = r.secondary
      AND t.primary_repository = r.primary_repository AND t.tag = told.tag
  WHERE told.digest IS NULL OR told.digest IS DISTINCT FROM t.last_applied_digest`;

const PRUNE = `
  DELETE FROM notification_event WHERE processed_at IS NOT NULL AND received_at < greatest(
    now() - make_interval(days => $1::integer),
    COALESCE((SELECT received_at FROM notification_event ORDER BY received_at DESC OFFSET $2::integer LIMIT 1), '-infinity'))`;
