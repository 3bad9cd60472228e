import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What is remembered of one repository of one link on one secondary. */
@Entity({ name: 'repository_state' })
export class RepositoryStateEntity {
  @PrimaryColumn({
    name: 'link',
    type: 'text',
    collation: 'C',
    primaryKeyConstraintName: 'pk_repository_state',
  })
  link!: string;

  @PrimaryColumn({
    name: 'secondary',
    type: 'text',
    collation: 'C',
    primaryKeyConstraintName: 'pk_repository_state',
  })
  secondary!: string;

  @PrimaryColumn({
    name: 'primary_repository',
    type: 'text',
    collation: 'C',
    primaryKeyConstraintName: 'pk_repository_state',
  })
  primaryRepository!: string;

  @Column({ name: 'secondary_repository', type: 'text' })
  secondaryRepository!: string;

  @Column({ name: 'outcome', type: 'text' })
  outcome!: string;

  @Column({ name: 'reason', type: 'text', nullable: true })
  reason!: string | null;

  @Column({ name: 'message', type: 'text', nullable: true })
  message!: string | null;

  @Column({ name: 'policy_hash', type: 'text' })
  policyHash!: string;

  @Column({ name: 'primary_origin', type: 'text' })
  primaryOrigin!: string;

  @Column({ name: 'completed_cycles', type: 'integer' })
  completedCycles!: number;

  @Column({ name: 'last_cycle_id', type: 'text' })
  lastCycleId!: string;

  @Column({ name: 'last_finished_at', type: 'timestamptz' })
  lastFinishedAt!: Date;

  @Column({ name: 'last_success_at', type: 'timestamptz', nullable: true })
  lastSuccessAt!: Date | null;

  /** Since when it cannot be read; empty while it can. */
  @Column({ name: 'unread_since', type: 'timestamptz', nullable: true })
  unreadSince!: Date | null;

  /** When the row was written, by the database's clock. */
  @Column({ name: 'saved_at', type: 'timestamptz', default: () => 'now()' })
  savedAt!: Date;
}
