import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What was verified can be counted without a look at every tag. */
export class AddVerifiedIndex1795655000000 implements MigrationInterface {
  readonly name = 'AddVerifiedIndex1795655000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(CREATE);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP INDEX ix_tag_state_verified');
  }
}

const CREATE = `
  CREATE INDEX ix_tag_state_verified ON tag_state (link, secondary, primary_repository, doubted_at)
    WHERE doubted_at IS NOT NULL OR last_verified_depth IN ('graph', 'content')`;
