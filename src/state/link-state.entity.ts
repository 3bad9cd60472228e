import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What the service remembers of a link as a whole. */
@Entity({ name: 'link_state' })
export class LinkStateEntity {
  @PrimaryColumn({ name: 'link', type: 'text', collation: 'C', primaryKeyConstraintName: 'pk_link_state' })
  link!: string;

  /** Since when an operator keeps the link from working. */
  @Column({ name: 'paused_at', type: 'timestamptz', nullable: true })
  pausedAt!: Date | null;

  /** When the schedule last asked for a cycle, over all replicas. */
  @Column({ name: 'scheduled_at', type: 'timestamptz', nullable: true })
  scheduledAt!: Date | null;

  /** Cycles in a row in which nothing could be listed. */
  @Column({ name: 'retry_count', type: 'integer' })
  retryCount!: number;

  @Column({ name: 'retry_at', type: 'timestamptz', nullable: true })
  retryAt!: Date | null;

  /** When all of its repositories were last listed. */
  @Column({ name: 'listed_at', type: 'timestamptz', nullable: true })
  listedAt!: Date | null;
}
