import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What a registry was last seen to do or to refuse. */
@Entity({ name: 'registry_capability' })
export class RegistryCapabilityEntity {
  @PrimaryColumn({ name: 'registry', type: 'text', primaryKeyConstraintName: 'pk_registry_capability' })
  registry!: string;

  @PrimaryColumn({ name: 'capability', type: 'text', primaryKeyConstraintName: 'pk_registry_capability' })
  capability!: string;

  /** Where that registry was; what was learnt elsewhere says nothing. */
  @Column({ name: 'origin', type: 'text' })
  origin!: string;

  @Column({ name: 'state', type: 'text' })
  state!: string;

  @Column({ name: 'learnt_at', type: 'timestamptz' })
  learntAt!: Date;
}
