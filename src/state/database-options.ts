import type { DataSourceOptions } from 'typeorm';
import { AuditEntity } from './audit.entity.ts';
import { CreationTimeEntity } from './creation-time.entity.ts';
import { CycleLinkEntity } from './cycle-link.entity.ts';
import { CycleRepositoryEntity } from './cycle-repository.entity.ts';
import { CycleEntity } from './cycle.entity.ts';
import { DeletionEntity } from './deletion.entity.ts';
import { DeletionFreezeEntity } from './deletion-freeze.entity.ts';
import { HeldPlanEntity } from './held-plan.entity.ts';
import { LinkCycleEntity } from './link-cycle.entity.ts';
import { LinkStateEntity } from './link-state.entity.ts';
import { MIGRATIONS } from './migrations/migrations.ts';
import { NotificationEventEntity } from './notification-event.entity.ts';
import { RegistryCapabilityEntity } from './registry-capability.entity.ts';
import { RepositoryStateEntity } from './repository-state.entity.ts';
import { RepositoryWorkEntity } from './repository-work.entity.ts';
import { SteadfastClient } from './steadfast-client.ts';
import { TagRestoreEntity } from './tag-restore.entity.ts';
import { TagStateEntity } from './tag-state.entity.ts';
import { WebhookDeliveryEntity } from './webhook-delivery.entity.ts';
import { WebhookToldEntity } from './webhook-told.entity.ts';

const ENTITIES = [
  CycleEntity,
  CycleLinkEntity,
  RepositoryStateEntity,
  TagStateEntity,
  DeletionEntity,
  LinkStateEntity,
  LinkCycleEntity,
  CycleRepositoryEntity,
  RepositoryWorkEntity,
  AuditEntity,
  NotificationEventEntity,
  WebhookToldEntity,
  WebhookDeliveryEntity,
  CreationTimeEntity,
  HeldPlanEntity,
  DeletionFreezeEntity,
  TagRestoreEntity,
  RegistryCapabilityEntity,
];

/** How PostgreSQL is told to treat the sessions of a pool. */
export type DatabaseAccess = 'read-write' | 'read-only';

/** Repositories are saved one at a time per worker; ten connections keep sixteen workers busy and leave room for replicas. */
const POOL_SIZE = 10;

const CONNECT_TIMEOUT_MILLISECONDS = 10_000;

/** The largest save is some megabytes; a statement above a minute waits for a lock that will not come. */
const STATEMENT_TIMEOUT_MILLISECONDS = 60_000;

/** The options of a connection to the state, for the service, the specs and TypeORM's command line alike. */
export function databaseOptions(url: string, access: DatabaseAccess = 'read-write'): DataSourceOptions {
  return {
    type: 'postgres',
    url,
    applicationName: 'geo-reconciler',
    entities: ENTITIES,
    migrations: [...MIGRATIONS],
    migrationsTableName: 'geo_reconciler_migration',
    // Several replicas that start together would break each other's first migration: `migrate` runs them under a lock.
    migrationsRun: false,
    synchronize: false,
    installExtensions: false,
    logging: false,
    poolSize: POOL_SIZE,
    connectTimeoutMS: CONNECT_TIMEOUT_MILLISECONDS,
    // A lost connection is noticed by the next statement, which gets a new one; without a handler it would end the process.
    poolErrorHandler: () => undefined,
    extra: {
      Client: SteadfastClient,
      keepAlive: true,
      statement_timeout: STATEMENT_TIMEOUT_MILLISECONDS,
      ...(access === 'read-only' ? { options: '-c default_transaction_read_only=on' } : {}),
    },
  };
}
