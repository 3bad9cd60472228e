import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** One line of the deletion journal. It outlives its cycle, so nothing refers to that row. */
@Entity({ name: 'deletion' })
@Index('ix_deletion_unfinished', ['link', 'secondary', 'repository'], {
  where: `state NOT IN ('verified', 'failed')`,
})
@Index('ix_deletion_started_at', ['startedAt'])
export class DeletionEntity {
  @PrimaryColumn({ name: 'id', type: 'text', primaryKeyConstraintName: 'pk_deletion' })
  id!: string;

  @Column({ name: 'cycle_id', type: 'text' })
  cycleId!: string;

  @Column({ name: 'link', type: 'text' })
  link!: string;

  @Column({ name: 'secondary', type: 'text' })
  secondary!: string;

  /** The repository on the secondary. */
  @Column({ name: 'repository', type: 'text' })
  repository!: string;

  @Column({ name: 'tag', type: 'text' })
  tag!: string;

  @Column({ name: 'secondary_digest', type: 'text', nullable: true })
  secondaryDigest!: string | null;

  @Column({ name: 'method', type: 'text' })
  method!: string;

  @Column({ name: 'tombstone_digest', type: 'text', nullable: true })
  tombstoneDigest!: string | null;

  @Column({ name: 'evidence', type: 'jsonb' })
  evidence!: unknown;

  @Column({ name: 'state', type: 'text' })
  state!: string;

  @Column({ name: 'detail', type: 'text', nullable: true })
  detail!: string | null;

  @Column({ name: 'started_at', type: 'timestamptz' })
  startedAt!: Date;

  @Column({ name: 'advanced_at', type: 'timestamptz' })
  advancedAt!: Date;
}
