import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Deletions that somebody has stopped, on one secondary or on all. */
@Entity({ name: 'deletion_freeze' })
export class DeletionFreezeEntity {
  /** Name of the registry; `*`, which is no name: all of them. */
  @PrimaryColumn({ name: 'secondary', type: 'text', primaryKeyConstraintName: 'pk_deletion_freeze' })
  secondary!: string;

  @Column({ name: 'frozen_by', type: 'text' })
  frozenBy!: string;

  @Column({ name: 'frozen_at', type: 'timestamptz' })
  frozenAt!: Date;

  @Column({ name: 'reason', type: 'text', nullable: true })
  reason!: string | null;
}
