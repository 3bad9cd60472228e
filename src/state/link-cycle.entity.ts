import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A cycle of one link as the service works on it: wanted, under way, or done. */
@Entity({ name: 'link_cycle' })
@Index('uq_link_cycle_waiting', ['link', 'kind'], {
  unique: true,
  where: `status = 'waiting' AND only_for IS NULL`,
})
@Index('uq_link_cycle_rest', ['link', 'kind'], {
  unique: true,
  where: `status = 'waiting' AND only_for IS NOT NULL`,
})
@Index('ix_link_cycle_open', ['link'], { where: `status IN ('listing', 'copying', 'deleting')` })
@Index('ix_link_cycle_requested_at', ['requestedAt'])
@Index('ix_link_cycle_of_link', ['link', 'requestedAt', 'id'])
@Index('ix_link_cycle_outcome', ['outcome', 'requestedAt', 'id'])
export class LinkCycleEntity {
  @PrimaryColumn({ name: 'id', type: 'text', primaryKeyConstraintName: 'pk_link_cycle' })
  id!: string;

  @Column({ name: 'link', type: 'text', collation: 'C' })
  link!: string;

  /** Requests of one kind for one link coalesce while they wait. */
  @Column({ name: 'kind', type: 'text' })
  kind!: string;

  @Column({ name: 'cause', type: 'text' })
  cause!: string;

  @Column({ name: 'work', type: 'jsonb' })
  work!: unknown;

  @Column({ name: 'scope', type: 'jsonb' })
  scope!: unknown;

  @Column({ name: 'status', type: 'text' })
  status!: string;

  @Column({ name: 'requested_at', type: 'timestamptz' })
  requestedAt!: Date;

  @Column({ name: 'started_at', type: 'timestamptz', nullable: true })
  startedAt!: Date | null;

  @Column({ name: 'finished_at', type: 'timestamptz', nullable: true })
  finishedAt!: Date | null;

  @Column({ name: 'cancelled_at', type: 'timestamptz', nullable: true })
  cancelledAt!: Date | null;

  /** When its listing was begun, and then when jobs for its open repositories were last put on the queue. */
  @Column({ name: 'dispatched_at', type: 'timestamptz', nullable: true })
  dispatchedAt!: Date | null;

  /** What was found at the beginning besides repositories: sides that cannot be reached, names that are refused. */
  @Column({ name: 'listing', type: 'jsonb', nullable: true })
  listing!: unknown;

  /** What it came to; empty also where it was cancelled before it began. */
  @Column({ name: 'outcome', type: 'text', nullable: true })
  outcome!: string | null;

  /** Secondaries that it is for, by name; empty: all of the link. The rest was left behind by one that began without them. */
  @Column({ name: 'only_for', type: 'jsonb', nullable: true })
  onlyFor!: unknown;

  /** How far it is on each secondary that it works on; empty until it begins. */
  @Column({ name: 'stages', type: 'jsonb', default: {} })
  stages!: unknown;

  /** The cycle that does the same on the secondaries that were still busy when this one began. */
  @Column({ name: 'continued_in', type: 'text', nullable: true })
  continuedIn!: string | null;
}
