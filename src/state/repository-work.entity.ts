import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Where the work on one repository of one link stands on one secondary, and which process has it. */
@Entity({ name: 'repository_work' })
@Index('ix_repository_work_due', ['link', 'retryAt'], { where: 'dirty OR retry_at IS NOT NULL' })
export class RepositoryWorkEntity {
  @PrimaryColumn({
    name: 'link',
    type: 'text',
    collation: 'C',
    primaryKeyConstraintName: 'pk_repository_work',
  })
  link!: string;

  @PrimaryColumn({
    name: 'repository',
    type: 'text',
    collation: 'C',
    primaryKeyConstraintName: 'pk_repository_work',
  })
  repository!: string;

  @PrimaryColumn({
    name: 'secondary',
    type: 'text',
    collation: 'C',
    primaryKeyConstraintName: 'pk_repository_work',
  })
  secondary!: string;

  @Column({ name: 'state', type: 'text' })
  state!: string;

  /** Something changed since the last run began. */
  @Column({ name: 'dirty', type: 'boolean' })
  dirty!: boolean;

  /** When an event last said that something changed; `null` once a run has looked. */
  @Column({ name: 'announced_at', type: 'timestamptz', nullable: true })
  announcedAt!: Date | null;

  /** A run was cut off, and none has come to its end since. */
  @Column({ name: 'interrupted', type: 'boolean', default: false })
  interrupted!: boolean;

  @Column({ name: 'retry_count', type: 'integer' })
  retryCount!: number;

  @Column({ name: 'retry_at', type: 'timestamptz', nullable: true })
  retryAt!: Date | null;

  @Column({ name: 'lease_owner', type: 'text', nullable: true })
  leaseOwner!: string | null;

  @Column({ name: 'lease_expires_at', type: 'timestamptz', nullable: true })
  leaseExpiresAt!: Date | null;

  /** Grows with every lease, so that a process that slept through its own can be told from the one that has it now. */
  @Column({ name: 'fence', type: 'integer' })
  fence!: number;

  @Column({ name: 'changed_at', type: 'timestamptz' })
  changedAt!: Date;

  @Column({ name: 'first_listed_at', type: 'timestamptz', default: () => 'now()' })
  firstListedAt!: Date;

  /** When a listing last named it; before the link's own time where it is gone. */
  @Column({ name: 'listed_at', type: 'timestamptz', default: () => 'now()' })
  listedAt!: Date;

  /** When the last run that writes began, by the database's clock. */
  @Column({ name: 'run_began_at', type: 'timestamptz', nullable: true })
  runBeganAt!: Date | null;

  /** The beginning of the last run that came to its end: what it wrote down is not older than that. */
  @Column({ name: 'observed_from', type: 'timestamptz', nullable: true })
  observedFrom!: Date | null;
}
