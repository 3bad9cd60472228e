import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** One message to one outgoing hook, until it is delivered or given up, and a while after that. */
@Entity({ name: 'webhook_delivery' })
@Index('ix_webhook_delivery_due', ['dueAt'], { where: `state = 'waiting'` })
export class WebhookDeliveryEntity {
  @PrimaryColumn({ name: 'id', type: 'text', primaryKeyConstraintName: 'pk_webhook_delivery' })
  id!: string;

  @Column({ name: 'hook', type: 'text' })
  hook!: string;

  @Column({ name: 'body', type: 'text' })
  body!: string;

  /** `waiting`, `delivered` or `dead`. */
  @Column({ name: 'state', type: 'text' })
  state!: string;

  /** Attempts that were begun. */
  @Column({ name: 'attempts', type: 'integer' })
  attempts!: number;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  /** When it may be tried next; while an attempt is under way, when that is given up for dead. */
  @Column({ name: 'due_at', type: 'timestamptz' })
  dueAt!: Date;

  @Column({ name: 'finished_at', type: 'timestamptz', nullable: true })
  finishedAt!: Date | null;

  @Column({ name: 'last_error', type: 'text', nullable: true })
  lastError!: string | null;
}
