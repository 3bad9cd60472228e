import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Events that registries told, until they became marks, and a while longer. */
export class CreateNotifications1795653000000 implements MigrationInterface {
  readonly name = 'CreateNotifications1795653000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(NOTIFICATION_EVENT);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE notification_event');
  }
}

const NOTIFICATION_EVENT = `
  CREATE TABLE notification_event (
    hook text NOT NULL,
    event_id text NOT NULL,
    author text NOT NULL,
    repository text NOT NULL,
    tag text,
    digest text,
    received_at timestamptz NOT NULL,
    processed_at timestamptz,
    CONSTRAINT pk_notification_event PRIMARY KEY (hook, event_id)
  );
  CREATE INDEX ix_notification_event_received_at ON notification_event (received_at);
  CREATE INDEX ix_notification_event_repository ON notification_event (hook, repository, processed_at);
  CREATE INDEX ix_notification_event_waiting ON notification_event (received_at) WHERE processed_at IS NULL`;
