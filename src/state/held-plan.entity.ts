import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Deletions of one repository of a secondary that wait, or waited, for an approver. */
@Entity({ name: 'held_plan' })
@Index('uq_held_plan_open', ['link', 'secondary', 'repository'], {
  unique: true,
  where: `state IN ('held', 'approved', 'rejected')`,
})
@Index('ix_held_plan_hash', ['hash'])
@Index('ix_held_plan_state', ['state', 'heldAt', 'id'])
export class HeldPlanEntity {
  @PrimaryColumn({ name: 'id', type: 'text', primaryKeyConstraintName: 'pk_held_plan' })
  id!: string;

  /** Of the place and what would be deleted there. */
  @Column({ name: 'hash', type: 'text' })
  hash!: string;

  @Column({ name: 'link', type: 'text' })
  link!: string;

  @Column({ name: 'secondary', type: 'text' })
  secondary!: string;

  /** The repository on the secondary. */
  @Column({ name: 'repository', type: 'text' })
  repository!: string;

  @Column({ name: 'primary_repository', type: 'text' })
  primaryRepository!: string;

  /** Tag, digest, reason and message of each, by tag. */
  @Column({ name: 'items', type: 'jsonb' })
  items!: unknown;

  @Column({ name: 'state', type: 'text' })
  state!: string;

  @Column({ name: 'detail', type: 'text', nullable: true })
  detail!: string | null;

  /** The cycle that found it last. */
  @Column({ name: 'cycle_id', type: 'text' })
  cycleId!: string;

  @Column({ name: 'held_at', type: 'timestamptz' })
  heldAt!: Date;

  @Column({ name: 'confirmed_at', type: 'timestamptz' })
  confirmedAt!: Date;

  @Column({ name: 'decided_by', type: 'text', nullable: true })
  decidedBy!: string | null;

  @Column({ name: 'decided_at', type: 'timestamptz', nullable: true })
  decidedAt!: Date | null;

  @Column({ name: 'decision_reason', type: 'text', nullable: true })
  decisionReason!: string | null;

  /** When an approval ends that no cycle has used. */
  @Column({ name: 'expires_at', type: 'timestamptz', nullable: true })
  expiresAt!: Date | null;

  @Column({ name: 'ended_at', type: 'timestamptz', nullable: true })
  endedAt!: Date | null;

  /** What became of the tags of an approved plan. */
  @Column({ name: 'result', type: 'jsonb', nullable: true })
  result!: unknown;
}
