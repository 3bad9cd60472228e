import { Column, Entity, ForeignKey, PrimaryColumn } from 'typeorm';
import { LinkCycleEntity } from './link-cycle.entity.ts';

/** One repository of one cycle of the service on one secondary, and what its runs came to. */
@Entity({ name: 'cycle_repository' })
@ForeignKey(() => LinkCycleEntity, ['cycleId'], ['id'], {
  name: 'fk_cycle_repository_link_cycle',
  onDelete: 'CASCADE',
})
export class CycleRepositoryEntity {
  @PrimaryColumn({ name: 'cycle_id', type: 'text', primaryKeyConstraintName: 'pk_cycle_repository' })
  cycleId!: string;

  @PrimaryColumn({
    name: 'repository',
    type: 'text',
    collation: 'C',
    primaryKeyConstraintName: 'pk_cycle_repository',
  })
  repository!: string;

  @PrimaryColumn({
    name: 'secondary',
    type: 'text',
    collation: 'C',
    primaryKeyConstraintName: 'pk_cycle_repository',
  })
  secondary!: string;

  @Column({ name: 'named_by', type: 'text' })
  namedBy!: string;

  @Column({ name: 'phase', type: 'text' })
  phase!: string;

  @Column({ name: 'status', type: 'text' })
  status!: string;

  @Column({ name: 'runs', type: 'integer' })
  runs!: number;

  /** Deletions that the copy wave found. */
  @Column({ name: 'wanted', type: 'integer' })
  wanted!: number;

  /** Deletions that the deletion wave may have carried out. */
  @Column({ name: 'granted', type: 'integer' })
  granted!: number;

  @Column({ name: 'result', type: 'jsonb', nullable: true })
  result!: unknown;

  /** When its last run ended. */
  @Column({ name: 'ended_at', type: 'timestamptz', nullable: true })
  endedAt!: Date | null;

  /** Tag patterns that the cycle is about; an empty list: the whole repository. */
  @Column({ name: 'tags', type: 'jsonb', default: [] })
  tags!: unknown;
}
