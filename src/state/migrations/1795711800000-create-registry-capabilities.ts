import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What registries were seen to do or to refuse, so that they are not asked for it in every cycle. */
export class CreateRegistryCapabilities1795711800000 implements MigrationInterface {
  readonly name = 'CreateRegistryCapabilities1795711800000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(REGISTRY_CAPABILITY);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE registry_capability');
  }
}

const REGISTRY_CAPABILITY = `
  CREATE TABLE registry_capability (
    registry text NOT NULL,
    capability text NOT NULL,
    origin text NOT NULL,
    state text NOT NULL,
    learnt_at timestamptz NOT NULL,
    CONSTRAINT pk_registry_capability PRIMARY KEY (registry, capability)
  )`;
