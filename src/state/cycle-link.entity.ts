import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { CycleEntity } from './cycle.entity.ts';

/** The end of one (link, secondary) of a cycle. */
@Entity({ name: 'cycle_link' })
@ForeignKey(() => CycleEntity, ['cycleId'], ['id'], { name: 'fk_cycle_link_cycle', onDelete: 'CASCADE' })
@Index('ix_cycle_link_end', ['link', 'secondary', 'finishedAt'])
export class CycleLinkEntity {
  @PrimaryColumn({ name: 'cycle_id', type: 'text', primaryKeyConstraintName: 'pk_cycle_link' })
  cycleId!: string;

  @PrimaryColumn({ name: 'link', type: 'text', primaryKeyConstraintName: 'pk_cycle_link' })
  link!: string;

  @PrimaryColumn({ name: 'secondary', type: 'text', primaryKeyConstraintName: 'pk_cycle_link' })
  secondary!: string;

  /** Its place in the report: primary requests are counted in the first of a link. */
  @Column({ name: 'position', type: 'integer' })
  position!: number;

  @Column({ name: 'primary_registry', type: 'text' })
  primary!: string;

  @Column({ name: 'outcome', type: 'text' })
  outcome!: string;

  /** Why a registry could not be read at all. */
  @Column({ name: 'failure', type: 'jsonb', nullable: true })
  failure!: unknown;

  /** Every count but the bytes, which have their own column. */
  @Column({ name: 'totals', type: 'jsonb' })
  totals!: unknown;

  /** Comes as text: it may be above 2^53. */
  @Column({ name: 'bytes_copied', type: 'bigint' })
  bytesCopied!: string;

  @Column({ name: 'steps', type: 'jsonb' })
  steps!: unknown;

  @Column({ name: 'steps_left_out', type: 'integer' })
  stepsLeftOut!: number;

  /** Those with something to tell, without their steps. */
  @Column({ name: 'repositories', type: 'jsonb', default: [] })
  repositories!: unknown;

  @Column({ name: 'repositories_left_out', type: 'integer', default: 0 })
  repositoriesLeftOut!: number;

  /** The end of its cycle. */
  @Column({ name: 'finished_at', type: 'timestamptz', default: () => 'now()' })
  finishedAt!: Date;
}
