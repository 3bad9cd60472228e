import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who changed what through the API. */
export class CreateAudit1795652100000 implements MigrationInterface {
  readonly name = 'CreateAudit1795652100000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(AUDIT);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE audit');
  }
}

const AUDIT = `
  CREATE TABLE audit (
    id text NOT NULL,
    requested_at timestamptz NOT NULL,
    caller text NOT NULL,
    role text NOT NULL,
    address text NOT NULL,
    action text NOT NULL,
    link text,
    request jsonb NOT NULL,
    result text NOT NULL,
    cycle_id text,
    CONSTRAINT pk_audit PRIMARY KEY (id)
  );
  CREATE INDEX ix_audit_requested_at ON audit (requested_at)`;
