import type { MigrationInterface } from 'typeorm';
import { CreateState1795219200000 } from './1795219200000-create-state.ts';
import { CreateWork1795305600000 } from './1795305600000-create-work.ts';
import { AddViews1795564800000 } from './1795564800000-add-views.ts';
import { CreateAudit1795652100000 } from './1795652100000-create-audit.ts';
import { CreateNotifications1795653000000 } from './1795653000000-create-notifications.ts';
import { CreateWebhooks1795653600000 } from './1795653600000-create-webhooks.ts';
import { AddDoubts1795654000000 } from './1795654000000-add-doubts.ts';
import { CreateCreationTimes1795654600000 } from './1795654600000-create-creation-times.ts';
import { AddVerifiedIndex1795655000000 } from './1795655000000-add-verified-index.ts';
import { CreateDeletionDesk1795708200000 } from './1795708200000-create-deletion-desk.ts';
import { CreateRegistryCapabilities1795711800000 } from './1795711800000-create-registry-capabilities.ts';

/** Every migration, oldest first. Merged ones are never changed: a replica of the release before may run beside this one. */
export const MIGRATIONS: readonly (new () => MigrationInterface)[] = [
  CreateState1795219200000,
  CreateWork1795305600000,
  AddViews1795564800000,
  CreateAudit1795652100000,
  CreateNotifications1795653000000,
  CreateWebhooks1795653600000,
  AddDoubts1795654000000,
  CreateCreationTimes1795654600000,
  AddVerifiedIndex1795655000000,
  CreateDeletionDesk1795708200000,
  CreateRegistryCapabilities1795711800000,
];
