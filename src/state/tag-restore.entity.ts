import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A deletion that somebody wants undone; the tag is kept from then on. */
@Entity({ name: 'tag_restore' })
@Index('ix_tag_restore_kept', ['link', 'secondary', 'repository'], {
  where: `state IN ('asked', 'done')`,
})
export class TagRestoreEntity {
  @PrimaryColumn({ name: 'deletion_id', type: 'text', primaryKeyConstraintName: 'pk_tag_restore' })
  deletionId!: string;

  @Column({ name: 'link', type: 'text' })
  link!: string;

  @Column({ name: 'secondary', type: 'text' })
  secondary!: string;

  /** The repository on the secondary. */
  @Column({ name: 'repository', type: 'text' })
  repository!: string;

  @Column({ name: 'tag', type: 'text' })
  tag!: string;

  @Column({ name: 'digest', type: 'text' })
  digest!: string;

  /** `asked`, then `done` or `refused`; `released` once the tag was deleted again. */
  @Column({ name: 'state', type: 'text' })
  state!: string;

  @Column({ name: 'asked_by', type: 'text' })
  askedBy!: string;

  @Column({ name: 'asked_at', type: 'timestamptz' })
  askedAt!: Date;

  /** Where the content was found. */
  @Column({ name: 'content', type: 'text', nullable: true })
  content!: string | null;

  @Column({ name: 'detail', type: 'text', nullable: true })
  detail!: string | null;

  @Column({ name: 'ended_at', type: 'timestamptz', nullable: true })
  endedAt!: Date | null;
}
