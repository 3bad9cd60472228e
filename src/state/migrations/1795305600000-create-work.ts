import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the service works on: the state of links, cycles that wait or are under way, their repositories, and leases. */
export class CreateWork1795305600000 implements MigrationInterface {
  readonly name = 'CreateWork1795305600000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of [LINK_STATE, LINK_CYCLE, CYCLE_REPOSITORY, REPOSITORY_WORK]) {
      await queryRunner.query(statement);
    }
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE repository_work, cycle_repository, link_cycle, link_state');
  }
}

const LINK_STATE = `
  CREATE TABLE link_state (
    link text COLLATE "C" NOT NULL,
    paused_at timestamptz,
    scheduled_at timestamptz,
    retry_count integer NOT NULL,
    retry_at timestamptz,
    CONSTRAINT pk_link_state PRIMARY KEY (link)
  )`;

const LINK_CYCLE = `
  CREATE TABLE link_cycle (
    id text NOT NULL,
    link text COLLATE "C" NOT NULL,
    kind text NOT NULL,
    cause text NOT NULL,
    work jsonb NOT NULL,
    scope jsonb NOT NULL,
    status text NOT NULL,
    requested_at timestamptz NOT NULL,
    started_at timestamptz,
    finished_at timestamptz,
    cancelled_at timestamptz,
    dispatched_at timestamptz,
    listing jsonb,
    CONSTRAINT pk_link_cycle PRIMARY KEY (id)
  );
  CREATE UNIQUE INDEX uq_link_cycle_waiting ON link_cycle (link, kind) WHERE status = 'waiting';
  CREATE UNIQUE INDEX uq_link_cycle_open ON link_cycle (link) WHERE status IN ('listing', 'copying', 'deleting');
  CREATE INDEX ix_link_cycle_requested_at ON link_cycle (requested_at)`;

const CYCLE_REPOSITORY = `
  CREATE TABLE cycle_repository (
    cycle_id text NOT NULL,
    repository text COLLATE "C" NOT NULL,
    named_by text NOT NULL,
    phase text NOT NULL,
    status text NOT NULL,
    runs integer NOT NULL,
    wanted jsonb NOT NULL,
    granted jsonb NOT NULL,
    results jsonb NOT NULL,
    CONSTRAINT pk_cycle_repository PRIMARY KEY (cycle_id, repository),
    CONSTRAINT fk_cycle_repository_link_cycle FOREIGN KEY (cycle_id) REFERENCES link_cycle (id) ON DELETE CASCADE
  )`;

const REPOSITORY_WORK = `
  CREATE TABLE repository_work (
    link text COLLATE "C" NOT NULL,
    repository text COLLATE "C" NOT NULL,
    state text NOT NULL,
    dirty boolean NOT NULL,
    retry_count integer NOT NULL,
    retry_at timestamptz,
    lease_owner text,
    lease_expires_at timestamptz,
    fence integer NOT NULL,
    changed_at timestamptz NOT NULL,
    CONSTRAINT pk_repository_work PRIMARY KEY (link, repository)
  );
  CREATE INDEX ix_repository_work_due ON repository_work (link, retry_at) WHERE dirty OR retry_at IS NOT NULL`;
