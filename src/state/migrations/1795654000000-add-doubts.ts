import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What verification found, what events announced, and cycles that are about some tags only. */
export class AddDoubts1795654000000 implements MigrationInterface {
  readonly name = 'AddDoubts1795654000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(ADD);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(DROP);
  }
}

const ADD = `
  ALTER TABLE tag_state ADD COLUMN last_verified_at timestamptz, ADD COLUMN last_verified_depth text,
    ADD COLUMN doubted_at timestamptz;
  ALTER TABLE repository_work ADD COLUMN announced_at timestamptz,
    ADD COLUMN interrupted boolean NOT NULL DEFAULT false;
  ALTER TABLE cycle_repository ADD COLUMN tags jsonb NOT NULL DEFAULT '[]'`;

const DROP = `
  ALTER TABLE cycle_repository DROP COLUMN tags;
  ALTER TABLE repository_work DROP COLUMN announced_at, DROP COLUMN interrupted;
  ALTER TABLE tag_state DROP COLUMN last_verified_at, DROP COLUMN last_verified_depth, DROP COLUMN doubted_at`;
