import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { RepositoryStateEntity } from './repository-state.entity.ts';

const KEY = ['link', 'secondary', 'primaryRepository'] as const;

/** What is remembered of one tag. Its key sorts by bytes: the order of a locale would differ from the one of the code. */
@Entity({ name: 'tag_state' })
@ForeignKey(() => RepositoryStateEntity, KEY, KEY, {
  name: 'fk_tag_state_repository_state',
  onDelete: 'CASCADE',
})
@Index('ix_tag_state_by_state', ['link', 'secondary', 'state', 'primaryRepository'])
@Index('ix_tag_state_verified', ['link', 'secondary', 'primaryRepository', 'doubtedAt'], {
  where: `doubted_at IS NOT NULL OR last_verified_depth IN ('graph', 'content')`,
})
@Index('ix_tag_state_different', ['link', 'secondary', 'firstSeenDifferentAt'], {
  where: 'first_seen_different_at IS NOT NULL',
})
export class TagStateEntity {
  @PrimaryColumn({ name: 'link', type: 'text', collation: 'C', primaryKeyConstraintName: 'pk_tag_state' })
  link!: string;

  @PrimaryColumn({
    name: 'secondary',
    type: 'text',
    collation: 'C',
    primaryKeyConstraintName: 'pk_tag_state',
  })
  secondary!: string;

  @PrimaryColumn({
    name: 'primary_repository',
    type: 'text',
    collation: 'C',
    primaryKeyConstraintName: 'pk_tag_state',
  })
  primaryRepository!: string;

  @PrimaryColumn({ name: 'tag', type: 'text', collation: 'C', primaryKeyConstraintName: 'pk_tag_state' })
  tag!: string;

  @Column({ name: 'state', type: 'text' })
  state!: string;

  @Column({ name: 'primary_digest', type: 'text', nullable: true })
  primaryDigest!: string | null;

  @Column({ name: 'secondary_digest', type: 'text', nullable: true })
  secondaryDigest!: string | null;

  @Column({ name: 'last_applied_digest', type: 'text', nullable: true })
  lastAppliedDigest!: string | null;

  @Column({ name: 'reason', type: 'text', nullable: true })
  reason!: string | null;

  @Column({ name: 'message', type: 'text', nullable: true })
  message!: string | null;

  @Column({ name: 'first_seen_different_at', type: 'timestamptz', nullable: true })
  firstSeenDifferentAt!: Date | null;

  @Column({ name: 'orphan_since', type: 'timestamptz', nullable: true })
  orphanSince!: Date | null;

  @Column({ name: 'orphan_observations', type: 'integer' })
  orphanObservations!: number;

  @Column({ name: 'in_sync_since', type: 'timestamptz', nullable: true })
  inSyncSince!: Date | null;

  /** When what the secondary's tag stands for was last looked at and found good. */
  @Column({ name: 'last_verified_at', type: 'timestamptz', nullable: true })
  lastVerifiedAt!: Date | null;

  @Column({ name: 'last_verified_depth', type: 'text', nullable: true })
  lastVerifiedDepth!: string | null;

  /** Since when content below the tag is known or feared to be bad, although the digests are equal. */
  @Column({ name: 'doubted_at', type: 'timestamptz', nullable: true })
  doubtedAt!: Date | null;
}
