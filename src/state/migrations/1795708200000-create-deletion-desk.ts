import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What people say about deletions: held plans and their approvals, freezes, and tags that are put back. */
export class CreateDeletionDesk1795708200000 implements MigrationInterface {
  readonly name = 'CreateDeletionDesk1795708200000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(HELD_PLAN);
    await queryRunner.query(DELETION_FREEZE);
    await queryRunner.query(TAG_RESTORE);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE tag_restore; DROP TABLE deletion_freeze; DROP TABLE held_plan');
  }
}

const HELD_PLAN = `
  CREATE TABLE held_plan (
    id text NOT NULL,
    hash text NOT NULL,
    link text NOT NULL,
    secondary text NOT NULL,
    repository text NOT NULL,
    primary_repository text NOT NULL,
    items jsonb NOT NULL,
    state text NOT NULL,
    detail text,
    cycle_id text NOT NULL,
    held_at timestamptz NOT NULL,
    confirmed_at timestamptz NOT NULL,
    decided_by text,
    decided_at timestamptz,
    decision_reason text,
    expires_at timestamptz,
    ended_at timestamptz,
    result jsonb,
    CONSTRAINT pk_held_plan PRIMARY KEY (id)
  );
  CREATE UNIQUE INDEX uq_held_plan_open ON held_plan (link, secondary, repository)
    WHERE state IN ('held', 'approved', 'rejected');
  CREATE INDEX ix_held_plan_hash ON held_plan (hash);
  CREATE INDEX ix_held_plan_state ON held_plan (state, held_at, id)`;

const DELETION_FREEZE = `
  CREATE TABLE deletion_freeze (
    secondary text NOT NULL,
    frozen_by text NOT NULL,
    frozen_at timestamptz NOT NULL,
    reason text,
    CONSTRAINT pk_deletion_freeze PRIMARY KEY (secondary)
  )`;

const TAG_RESTORE = `
  CREATE TABLE tag_restore (
    deletion_id text NOT NULL,
    link text NOT NULL,
    secondary text NOT NULL,
    repository text NOT NULL,
    tag text NOT NULL,
    digest text NOT NULL,
    state text NOT NULL,
    asked_by text NOT NULL,
    asked_at timestamptz NOT NULL,
    content text,
    detail text,
    ended_at timestamptz,
    CONSTRAINT pk_tag_restore PRIMARY KEY (deletion_id)
  );
  CREATE INDEX ix_tag_restore_kept ON tag_restore (link, secondary, repository)
    WHERE state IN ('asked', 'done')`;
