import type { MigrationInterface } from 'typeorm';
import { CreateState1795219200000 } from './1795219200000-create-state.ts';

/** Every migration, oldest first. Merged ones are never changed: a replica of the release before may run beside this one. */
export const MIGRATIONS: readonly (new () => MigrationInterface)[] = [CreateState1795219200000];
