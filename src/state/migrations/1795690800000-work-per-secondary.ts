import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Work, leases and retries of each secondary. Cycles that were under way end, and their repositories are looked at again: what is
 * known of them stays.
 */
export class WorkPerSecondary1795690800000 implements MigrationInterface {
  readonly name = 'WorkPerSecondary1795690800000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of [LINK_CYCLE, CYCLE_REPOSITORY, REPOSITORY_WORK])
      await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const statement of [LINK_CYCLE_BEFORE, CYCLE_REPOSITORY_BEFORE, REPOSITORY_WORK_BEFORE])
      await queryRunner.query(statement);
  }
}

const END_OPEN_CYCLES = `
  UPDATE link_cycle SET status = 'finished', finished_at = now(), cancelled_at = COALESCE(cancelled_at, now())
    WHERE status IN ('listing', 'copying', 'deleting')`;

const LINK_CYCLE = `
  ${END_OPEN_CYCLES};
  DROP INDEX uq_link_cycle_open;
  CREATE INDEX ix_link_cycle_open ON link_cycle (link) WHERE status IN ('listing', 'copying', 'deleting');
  ALTER TABLE link_cycle ADD COLUMN only_for jsonb, ADD COLUMN stages jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN continued_in text;
  DROP INDEX uq_link_cycle_waiting;
  CREATE UNIQUE INDEX uq_link_cycle_waiting ON link_cycle (link, kind) WHERE status = 'waiting' AND only_for IS NULL;
  CREATE UNIQUE INDEX uq_link_cycle_rest ON link_cycle (link, kind) WHERE status = 'waiting' AND only_for IS NOT NULL`;

const LINK_CYCLE_BEFORE = `
  ${END_OPEN_CYCLES};
  DROP INDEX ix_link_cycle_open;
  CREATE UNIQUE INDEX uq_link_cycle_open ON link_cycle (link) WHERE status IN ('listing', 'copying', 'deleting');
  DELETE FROM link_cycle WHERE status = 'waiting' AND only_for IS NOT NULL;
  DROP INDEX uq_link_cycle_rest, uq_link_cycle_waiting;
  CREATE UNIQUE INDEX uq_link_cycle_waiting ON link_cycle (link, kind) WHERE status = 'waiting';
  ALTER TABLE link_cycle DROP COLUMN only_for, DROP COLUMN stages, DROP COLUMN continued_in`;

/** What its rows said is in the reports of cycles that have ended, and no other is left. */
const CYCLE_REPOSITORY = `
  DELETE FROM cycle_repository;
  ALTER TABLE cycle_repository DROP CONSTRAINT pk_cycle_repository,
    ADD COLUMN secondary text COLLATE "C" NOT NULL, ADD COLUMN result jsonb, DROP COLUMN results,
    DROP COLUMN wanted, ADD COLUMN wanted integer NOT NULL, DROP COLUMN granted, ADD COLUMN granted integer NOT NULL,
    ADD CONSTRAINT pk_cycle_repository PRIMARY KEY (cycle_id, repository, secondary)`;

const CYCLE_REPOSITORY_BEFORE = `
  DELETE FROM cycle_repository;
  ALTER TABLE cycle_repository DROP CONSTRAINT pk_cycle_repository, DROP COLUMN secondary,
    DROP COLUMN result, ADD COLUMN results jsonb NOT NULL,
    DROP COLUMN wanted, ADD COLUMN wanted jsonb NOT NULL, DROP COLUMN granted, ADD COLUMN granted jsonb NOT NULL,
    ADD CONSTRAINT pk_cycle_repository PRIMARY KEY (cycle_id, repository)`;

/** One row becomes one for each secondary that the link was ever worked on; a secondary without gets its rows with the next listing. */
const REPOSITORY_WORK = `
  ALTER TABLE repository_work DROP CONSTRAINT pk_repository_work, ADD COLUMN secondary text COLLATE "C";
  INSERT INTO repository_work (link, repository, secondary, state, dirty, announced_at, interrupted, retry_count, retry_at,
      fence, changed_at, first_listed_at, listed_at, run_began_at, observed_from)
    SELECT w.link, w.repository, known.secondary, CASE WHEN w.state = 'running' THEN 'pending' ELSE w.state END,
      w.dirty OR w.lease_owner IS NOT NULL, w.announced_at, w.interrupted OR w.lease_owner IS NOT NULL, w.retry_count,
      w.retry_at, w.fence, w.changed_at, w.first_listed_at, w.listed_at, w.run_began_at, w.observed_from
    FROM repository_work w JOIN (SELECT DISTINCT link, secondary FROM repository_state) AS known ON known.link = w.link;
  DELETE FROM repository_work WHERE secondary IS NULL;
  ALTER TABLE repository_work ALTER COLUMN secondary SET NOT NULL,
    ADD CONSTRAINT pk_repository_work PRIMARY KEY (link, repository, secondary)`;

const REPOSITORY_WORK_BEFORE = `
  DELETE FROM repository_work w WHERE EXISTS (
    SELECT FROM repository_work o WHERE o.link = w.link AND o.repository = w.repository AND o.secondary < w.secondary);
  ALTER TABLE repository_work DROP CONSTRAINT pk_repository_work, DROP COLUMN secondary,
    ADD CONSTRAINT pk_repository_work PRIMARY KEY (link, repository)`;
