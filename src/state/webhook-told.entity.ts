import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What an outgoing hook was told last of one secondary of one link. */
@Entity({ name: 'webhook_told' })
export class WebhookToldEntity {
  @PrimaryColumn({ name: 'hook', type: 'text', primaryKeyConstraintName: 'pk_webhook_told' })
  hook!: string;

  @PrimaryColumn({ name: 'link', type: 'text', primaryKeyConstraintName: 'pk_webhook_told' })
  link!: string;

  @PrimaryColumn({ name: 'secondary', type: 'text', primaryKeyConstraintName: 'pk_webhook_told' })
  secondary!: string;

  /** `condition` or `lag`. */
  @PrimaryColumn({ name: 'topic', type: 'text', primaryKeyConstraintName: 'pk_webhook_told' })
  topic!: string;

  @Column({ name: 'value', type: 'text' })
  value!: string;

  /** Grows with every change, so that who looked before somebody else's change can be told. */
  @Column({ name: 'version', type: 'integer' })
  version!: number;
}
