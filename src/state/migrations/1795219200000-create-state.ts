import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The first schema: cycles, what is remembered of repositories and tags, and the deletion journal. */
export class CreateState1795219200000 implements MigrationInterface {
  readonly name = 'CreateState1795219200000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of [CYCLE, CYCLE_LINK, REPOSITORY_STATE, TAG_STATE, DELETION]) {
      await queryRunner.query(statement);
    }
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE deletion, tag_state, repository_state, cycle_link, cycle');
  }
}

const CYCLE = `
  CREATE TABLE cycle (
    id text NOT NULL,
    command text NOT NULL,
    links text[] NOT NULL,
    started_at timestamptz NOT NULL,
    finished_at timestamptz,
    outcome text,
    CONSTRAINT pk_cycle PRIMARY KEY (id)
  );
  CREATE INDEX ix_cycle_started_at ON cycle (started_at)`;

const CYCLE_LINK = `
  CREATE TABLE cycle_link (
    cycle_id text NOT NULL,
    link text NOT NULL,
    secondary text NOT NULL,
    position integer NOT NULL,
    primary_registry text NOT NULL,
    outcome text NOT NULL,
    failure jsonb,
    totals jsonb NOT NULL,
    bytes_copied bigint NOT NULL,
    steps jsonb NOT NULL,
    steps_left_out integer NOT NULL,
    CONSTRAINT pk_cycle_link PRIMARY KEY (cycle_id, link, secondary),
    CONSTRAINT fk_cycle_link_cycle FOREIGN KEY (cycle_id) REFERENCES cycle (id) ON DELETE CASCADE
  )`;

const REPOSITORY_STATE = `
  CREATE TABLE repository_state (
    link text COLLATE "C" NOT NULL,
    secondary text COLLATE "C" NOT NULL,
    primary_repository text COLLATE "C" NOT NULL,
    secondary_repository text NOT NULL,
    outcome text NOT NULL,
    reason text,
    message text,
    policy_hash text NOT NULL,
    primary_origin text NOT NULL,
    completed_cycles integer NOT NULL,
    last_cycle_id text NOT NULL,
    last_finished_at timestamptz NOT NULL,
    last_success_at timestamptz,
    CONSTRAINT pk_repository_state PRIMARY KEY (link, secondary, primary_repository)
  )`;

const TAG_STATE = `
  CREATE TABLE tag_state (
    link text COLLATE "C" NOT NULL,
    secondary text COLLATE "C" NOT NULL,
    primary_repository text COLLATE "C" NOT NULL,
    tag text COLLATE "C" NOT NULL,
    state text NOT NULL,
    primary_digest text,
    secondary_digest text,
    last_applied_digest text,
    reason text,
    message text,
    first_seen_different_at timestamptz,
    orphan_since timestamptz,
    orphan_observations integer NOT NULL,
    in_sync_since timestamptz,
    CONSTRAINT pk_tag_state PRIMARY KEY (link, secondary, primary_repository, tag),
    CONSTRAINT fk_tag_state_repository_state FOREIGN KEY (link, secondary, primary_repository)
      REFERENCES repository_state (link, secondary, primary_repository) ON DELETE CASCADE
  )`;

const DELETION = `
  CREATE TABLE deletion (
    id text NOT NULL,
    cycle_id text NOT NULL,
    link text NOT NULL,
    secondary text NOT NULL,
    repository text NOT NULL,
    tag text NOT NULL,
    secondary_digest text,
    method text NOT NULL,
    tombstone_digest text,
    evidence jsonb NOT NULL,
    state text NOT NULL,
    detail text,
    started_at timestamptz NOT NULL,
    advanced_at timestamptz NOT NULL,
    CONSTRAINT pk_deletion PRIMARY KEY (id)
  );
  CREATE INDEX ix_deletion_unfinished ON deletion (link, secondary, repository)
    WHERE state NOT IN ('verified', 'failed');
  CREATE INDEX ix_deletion_started_at ON deletion (started_at)`;
