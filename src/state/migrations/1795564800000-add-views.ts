import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What readers ask for: since when something is so, which moment an observation is of, and indexes for their questions. */
export class AddViews1795564800000 implements MigrationInterface {
  readonly name = 'AddViews1795564800000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of [COLUMNS, CYCLE_LINK_END, CYCLE_OUTCOME, INDEXES]) {
      await queryRunner.query(statement);
    }
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(DROP);
  }
}

const COLUMNS = `
  ALTER TABLE repository_state ADD COLUMN unread_since timestamptz,
    ADD COLUMN saved_at timestamptz NOT NULL DEFAULT now();
  UPDATE repository_state SET unread_since = last_finished_at WHERE reason IS NOT NULL;
  ALTER TABLE repository_work ADD COLUMN first_listed_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN listed_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN run_began_at timestamptz, ADD COLUMN observed_from timestamptz;
  ALTER TABLE link_state ADD COLUMN listed_at timestamptz;
  ALTER TABLE cycle_repository ADD COLUMN ended_at timestamptz`;

const CYCLE_LINK_END = `
  ALTER TABLE cycle_link ADD COLUMN finished_at timestamptz DEFAULT now();
  UPDATE cycle_link SET finished_at = COALESCE(cycle.finished_at, cycle.started_at)
    FROM cycle WHERE cycle.id = cycle_link.cycle_id;
  ALTER TABLE cycle_link ALTER COLUMN finished_at SET NOT NULL,
    ADD COLUMN repositories jsonb NOT NULL DEFAULT '[]', ADD COLUMN repositories_left_out integer NOT NULL DEFAULT 0`;

const CYCLE_OUTCOME = `
  ALTER TABLE link_cycle ADD COLUMN outcome text;
  UPDATE link_cycle SET outcome = cycle.outcome FROM cycle WHERE cycle.id = link_cycle.id`;

const INDEXES = `
  CREATE INDEX ix_tag_state_by_state ON tag_state (link, secondary, state, primary_repository);
  CREATE INDEX ix_tag_state_different ON tag_state (link, secondary, first_seen_different_at)
    WHERE first_seen_different_at IS NOT NULL;
  CREATE INDEX ix_cycle_link_end ON cycle_link (link, secondary, finished_at);
  CREATE INDEX ix_link_cycle_of_link ON link_cycle (link, requested_at, id);
  CREATE INDEX ix_link_cycle_outcome ON link_cycle (outcome, requested_at, id)`;

const DROP = `
  DROP INDEX ix_tag_state_by_state, ix_tag_state_different, ix_cycle_link_end, ix_link_cycle_of_link,
    ix_link_cycle_outcome;
  ALTER TABLE link_cycle DROP COLUMN outcome;
  ALTER TABLE cycle_link DROP COLUMN finished_at, DROP COLUMN repositories, DROP COLUMN repositories_left_out;
  ALTER TABLE cycle_repository DROP COLUMN ended_at;
  ALTER TABLE link_state DROP COLUMN listed_at;
  ALTER TABLE repository_work DROP COLUMN first_listed_at, DROP COLUMN listed_at, DROP COLUMN run_began_at,
    DROP COLUMN observed_from;
  ALTER TABLE repository_state DROP COLUMN unread_since, DROP COLUMN saved_at`;
