import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** One cycle; `finished_at` and `outcome` are empty while it runs. */
@Entity({ name: 'cycle' })
@Index('ix_cycle_started_at', ['startedAt'])
export class CycleEntity {
  @PrimaryColumn({ name: 'id', type: 'text', primaryKeyConstraintName: 'pk_cycle' })
  id!: string;

  @Column({ name: 'command', type: 'text' })
  command!: string;

  @Column({ name: 'links', type: 'text', array: true })
  links!: string[];

  @Column({ name: 'started_at', type: 'timestamptz' })
  startedAt!: Date;

  @Column({ name: 'finished_at', type: 'timestamptz', nullable: true })
  finishedAt!: Date | null;

  @Column({ name: 'outcome', type: 'text', nullable: true })
  outcome!: string | null;
}
