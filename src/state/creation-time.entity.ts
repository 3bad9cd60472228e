import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** When the content of a digest was created; true for every registry that has it. */
@Entity({ name: 'creation_time' })
export class CreationTimeEntity {
  @PrimaryColumn({
    name: 'digest',
    type: 'text',
    collation: 'C',
    primaryKeyConstraintName: 'pk_creation_time',
  })
  digest!: string;

  /** `null`: the content does not say. */
  @Column({ name: 'created_at', type: 'timestamptz', nullable: true })
  createdAt!: Date | null;

  /** When a cycle last asked, to the day. */
  @Index('ix_creation_time_used_at')
  @Column({ name: 'used_at', type: 'timestamptz' })
  usedAt!: Date;
}
