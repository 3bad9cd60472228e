import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A change that somebody asked for through the API. */
@Entity({ name: 'audit' })
@Index('ix_audit_requested_at', ['requestedAt'])
export class AuditEntity {
  @PrimaryColumn({ name: 'id', type: 'text', primaryKeyConstraintName: 'pk_audit' })
  id!: string;

  @Column({ name: 'requested_at', type: 'timestamptz' })
  requestedAt!: Date;

  /** Name of the token, or `loopback`. */
  @Column({ name: 'caller', type: 'text' })
  caller!: string;

  @Column({ name: 'role', type: 'text' })
  role!: string;

  /** Where the request came from. */
  @Column({ name: 'address', type: 'text' })
  address!: string;

  @Column({ name: 'action', type: 'text' })
  action!: string;

  @Column({ name: 'link', type: 'text', nullable: true })
  link!: string | null;

  /** What was asked for, as it was understood. */
  @Column({ name: 'request', type: 'jsonb' })
  request!: unknown;

  /** `asked` until it is known, then `done`, or the code of the refusal. */
  @Column({ name: 'result', type: 'text' })
  result!: string;

  @Column({ name: 'cycle_id', type: 'text', nullable: true })
  cycleId!: string | null;
}
