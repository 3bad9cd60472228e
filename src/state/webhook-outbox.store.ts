import type { DataSource } from 'typeorm';
import { z } from 'zod';
import type { LinkSide } from './side-level.store.ts';
import { inTransaction, rowsOf } from './state-transaction.ts';
import { parseRow } from './stored-row.ts';
import { storedText } from './stored-text.ts';

export type WebhookTopic = 'condition' | 'lag';

/** What a hook was told last; what it was never told, it takes to be fine. */
export interface ToldRecord extends LinkSide {
  readonly hook: string;
  readonly topic: WebhookTopic;
  readonly value: string;
  readonly version: number;
}

/** A message as it is sent, the same in every attempt. */
export interface WebhookMessage {
  /** Known to the receiver, who drops what comes twice by it. */
  readonly id: string;
  readonly body: string;
}

/** A message that this process is to send now. */
export interface ClaimedDelivery extends WebhookMessage {
  readonly hook: string;
  /** Number of this attempt, from 1. */
  readonly attempt: number;
}

/** How an attempt that did not deliver goes on; `null`: it was the last one. */
export interface FailedAttempt {
  readonly error: string;
  readonly retryAfterSeconds: number | null;
}

const KEPT_DAYS = 30;

/** A hook that is configured no more has had its day. */
const LONGEST_WAIT_DAYS = 7;

/**
 * What outgoing hooks were told, and the messages on their way. A change and its message are one transaction, so that no process that
 * dies loses one or makes two; an attempt is a lease, so that no two processes send one at once.
 *
 * @throws {StateError} every method, `UNAVAILABLE` where the database cannot be had.
 */
export class WebhookOutboxStore {
  readonly #dataSource: DataSource;

  constructor(dataSource: DataSource) {
    this.#dataSource = dataSource;
  }

  async told(): Promise<readonly ToldRecord[]> {
    return await inTransaction(this.#dataSource, async (manager) => {
      const rows = await rowsOf(manager, SELECT_TOLD, []);
      return rows.map((row) => parseRow('webhook_told', TOLD_ROW, row));
    });
  }

  /**
   * Notes what a hook is told, with the message that says so; none where the hook does not want to hear it. `false`: somebody else told
   * something since `version`, and nothing was done.
   */
  async announce(record: ToldRecord, message: WebhookMessage | undefined): Promise<boolean> {
    const { hook, link, secondary, topic, value, version } = record;
    return await inTransaction(this.#dataSource, async (manager) => {
      const changed = await rowsOf(manager, UPSERT_TOLD, [hook, link, secondary, topic, value, version]);
      if (changed.length === 0) return false;
      if (message !== undefined) await manager.query(INSERT_DELIVERY, [message.id, hook, message.body]);
      return true;
    });
  }

  /** Takes messages that are due; whoever dies with one gives it back after `leaseSeconds`. */
  async claim(
    hooks: readonly string[],
    { limit, leaseSeconds }: { readonly limit: number; readonly leaseSeconds: number },
  ): Promise<readonly ClaimedDelivery[]> {
    return await inTransaction(this.#dataSource, async (manager) => {
      const rows = await rowsOf(manager, CLAIM, [hooks, limit, leaseSeconds]);
      return rows.map((row) => parseRow('webhook_delivery', CLAIM_ROW, row));
    });
  }

  async delivered({ id, attempt }: ClaimedDelivery): Promise<void> {
    await inTransaction(this.#dataSource, (manager) => manager.query(SET_DELIVERED, [id, attempt]));
  }

  async failed({ id, attempt }: ClaimedDelivery, { error, retryAfterSeconds }: FailedAttempt): Promise<void> {
    await inTransaction(this.#dataSource, (manager) =>
      manager.query(SET_FAILED, [id, attempt, retryAfterSeconds, storedText(error)]),
    );
  }

  /** Drops what is old, and gives up what nobody sends. */
  async prune(): Promise<void> {
    await inTransaction(this.#dataSource, async (manager) => {
      await manager.query(GIVE_UP, [LONGEST_WAIT_DAYS]);
      await manager.query(PRUNE, [KEPT_DAYS]);
    });
  }
}

const TOLD_ROW: z.ZodType<ToldRecord> = z.object({
  hook: z.string(),
  link: z.string(),
  secondary: z.string(),
  topic: z.enum(['condition', 'lag']),
  value: z.string(),
  version: z.int(),
});

const CLAIM_ROW: z.ZodType<ClaimedDelivery> = z.object({
  id: z.string(),
  hook: z.string(),
  body: z.string(),
  attempt: z.int(),
});

const SELECT_TOLD = 'SELECT hook, link, secondary, topic, value, version FROM webhook_told';

const UPSERT_TOLD = `
  INSERT INTO webhook_told AS t (hook, link, secondary, topic, value, version)
  SELECT $1, $2, $3, $4, $5, 1 WHERE $6::integer = 0 OR EXISTS (
    SELECT FROM webhook_told WHERE hook = $1 AND link = $2 AND secondary = $3 AND topic = $4)
  ON CONFLICT (hook, link, secondary, topic) DO UPDATE SET value = excluded.value, version = t.version + 1
  WHERE t.version = $6::integer RETURNING t.version`;

const INSERT_DELIVERY = `
  INSERT INTO webhook_delivery (id, hook, body, state, attempts, created_at, due_at)
  VALUES ($1, $2, $3, 'waiting', 0, now(), now())`;

const CLAIM = `
  UPDATE webhook_delivery SET attempts = attempts + 1, due_at = now() + make_interval(secs => $3::float8)
  WHERE id IN (
    SELECT id FROM webhook_delivery WHERE state = 'waiting' AND due_at <= now() AND hook = ANY ($1::text[])
    ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED)
  RETURNING id, hook, body, attempts AS attempt`;

const SET_DELIVERED = `
  UPDATE webhook_delivery SET state = 'delivered', finished_at = now(), last_error = NULL
  WHERE id = $1 AND state = 'waiting' AND attempts >= $2::integer`;

const SET_FAILED = `
  UPDATE webhook_delivery SET last_error = $4, state = CASE WHEN $3::float8 IS NULL THEN 'dead' ELSE state END,
    finished_at = CASE WHEN $3::float8 IS NULL THEN now() END,
    due_at = now() + make_interval(secs => COALESCE($3::float8, 0))
  WHERE id = $1 AND state = 'waiting' AND attempts = $2::integer`;

const GIVE_UP = `
  UPDATE webhook_delivery SET state = 'dead', finished_at = now(),
    last_error = COALESCE(last_error, 'no replica has a hook of this name')
  WHERE state = 'waiting' AND created_at < now() - make_interval(days => $1::integer)`;

const PRUNE = `
  DELETE FROM webhook_delivery WHERE state <> 'waiting' AND finished_at < now() - make_interval(days => $1::integer)`;
