import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { inTransaction } from './state-transaction.ts';

/** A change that somebody asks for. */
export interface AuditEntry {
  /** Name of the token, or `loopback`. */
  readonly caller: string;
  readonly role: string;
  readonly address: string;
  readonly action: string;
  readonly link: string | null;
  /** What was asked for, without secrets. */
  readonly request: unknown;
}

/** How it ended: `done`, or the code of the refusal. */
export interface AuditResult {
  readonly result: string;
  readonly cycleId: string | null;
}

/** Whoever looks into who did what does so within a year. */
const RETENTION_DAYS = 400;

/**
 * The trail of changes: written before a change is made, and completed after it. A row that still says `asked` is of a process
 * that died in between.
 *
 * @throws {StateError} every method, `UNAVAILABLE` where the database cannot be had.
 */
export class AuditStore {
  readonly #dataSource: DataSource;

  constructor(dataSource: DataSource) {
    this.#dataSource = dataSource;
  }

  /** Answers the id of the new entry; drops what is older than the retention. */
  async open(entry: AuditEntry): Promise<string> {
    const { caller, role, address, action, link, request } = entry;
    const id = randomUUID();
    await inTransaction(this.#dataSource, async (manager) => {
      await manager.query(PRUNE, [RETENTION_DAYS]);
      await manager.query(INSERT, [id, caller, role, address, action, link, JSON.stringify(request)]);
    });
    return id;
  }

  async complete(id: string, { result, cycleId }: AuditResult): Promise<void> {
    await inTransaction(this.#dataSource, (manager) => manager.query(COMPLETE, [id, result, cycleId]));
  }
}

const INSERT = `
  INSERT INTO audit (id, requested_at, caller, role, address, action, link, request, result)
  VALUES ($1, now(), $2, $3, $4, $5, $6, $7::jsonb, 'asked')`;

const COMPLETE = 'UPDATE audit SET result = $2, cycle_id = $3 WHERE id = $1';

const PRUNE = 'DELETE FROM audit WHERE requested_at < now() - make_interval(days => $1::integer)';
