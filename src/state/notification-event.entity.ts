import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** One event that a registry told, kept until it became a mark, and for a while after that to know it again. */
@Entity({ name: 'notification_event' })
@Index('ix_notification_event_received_at', ['receivedAt'])
@Index('ix_notification_event_repository', ['hook', 'repository', 'processedAt'])
@Index('ix_notification_event_waiting', ['receivedAt'], { where: 'processed_at IS NULL' })
export class NotificationEventEntity {
  /** Path of the hook. */
  @PrimaryColumn({ name: 'hook', type: 'text', primaryKeyConstraintName: 'pk_notification_event' })
  hook!: string;

  @PrimaryColumn({ name: 'event_id', type: 'text', primaryKeyConstraintName: 'pk_notification_event' })
  eventId!: string;

  /** `own`: a request of this program caused it. */
  @Column({ name: 'author', type: 'text' })
  author!: string;

  @Column({ name: 'repository', type: 'text' })
  repository!: string;

  @Column({ name: 'tag', type: 'text', nullable: true })
  tag!: string | null;

  @Column({ name: 'digest', type: 'text', nullable: true })
  digest!: string | null;

  @Column({ name: 'received_at', type: 'timestamptz' })
  receivedAt!: Date;

  @Column({ name: 'processed_at', type: 'timestamptz', nullable: true })
  processedAt!: Date | null;
}
