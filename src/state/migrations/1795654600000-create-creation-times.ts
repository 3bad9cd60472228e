import type { MigrationInterface, QueryRunner } from 'typeorm';

/** When the content of digests was created, for links that keep the tags that were created last. */
export class CreateCreationTimes1795654600000 implements MigrationInterface {
  readonly name = 'CreateCreationTimes1795654600000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(CREATION_TIME);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE creation_time');
  }
}

const CREATION_TIME = `
  CREATE TABLE creation_time (
    digest text COLLATE "C" NOT NULL,
    created_at timestamptz,
    used_at timestamptz NOT NULL,
    CONSTRAINT pk_creation_time PRIMARY KEY (digest)
  );
  CREATE INDEX ix_creation_time_used_at ON creation_time (used_at)`;
