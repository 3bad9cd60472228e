import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What outgoing hooks were told, and the messages to them. */
export class CreateWebhooks1795653600000 implements MigrationInterface {
  readonly name = 'CreateWebhooks1795653600000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(WEBHOOK_TOLD);
    await queryRunner.query(WEBHOOK_DELIVERY);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE webhook_delivery, webhook_told');
  }
}

const WEBHOOK_TOLD = `
  CREATE TABLE webhook_told (
    hook text NOT NULL,
    link text NOT NULL,
    secondary text NOT NULL,
    topic text NOT NULL,
    value text NOT NULL,
    version integer NOT NULL,
    CONSTRAINT pk_webhook_told PRIMARY KEY (hook, link, secondary, topic)
  )`;

const WEBHOOK_DELIVERY = `
  CREATE TABLE webhook_delivery (
    id text NOT NULL,
    hook text NOT NULL,
    body text NOT NULL,
    state text NOT NULL,
    attempts integer NOT NULL,
    created_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    finished_at timestamptz,
    last_error text,
    CONSTRAINT pk_webhook_delivery PRIMARY KEY (id)
  );
  CREATE INDEX ix_webhook_delivery_due ON webhook_delivery (due_at) WHERE state = 'waiting'`;
