import type { DataSource } from 'typeorm';
import { AuditStore } from './audit.store.ts';
import { CycleQueueStore } from './cycle-queue.store.ts';
import { DeletionFreezeStore } from './deletion-freeze.store.ts';
import { HeldPlanStore } from './held-plan.store.ts';
import { HistoryStore } from './history.store.ts';
import { LinkStateStore } from './link-state.store.ts';
import { NotificationEventStore } from './notification-event.store.ts';
import { RegistryKnowledgeStore } from './registry-knowledge.store.ts';
import { RepositoryRunStore } from './repository-run.store.ts';
import { CycleViewStore } from './views/cycle-view.store.ts';
import { DeletionViewStore } from './views/deletion-view.store.ts';
import { LinkViewStore } from './views/link-view.store.ts';
import { RepositoryViewStore } from './views/repository-view.store.ts';
import { RiskViewStore } from './views/risk-view.store.ts';
import { SideLevelStore } from './side-level.store.ts';
import { TagRestoreStore } from './tag-restore.store.ts';
import { WebhookOutboxStore } from './webhook-outbox.store.ts';

/** What the service keeps beside the state of the reconciler; only where there is a database that several can share. */
export interface ServiceStores {
  readonly cycles: CycleQueueStore;
  readonly runs: RepositoryRunStore;
  readonly links: LinkStateStore;
  readonly history: HistoryStore;
  readonly audit: AuditStore;
  readonly registries: RegistryKnowledgeStore;
  readonly notificationEvents: NotificationEventStore;
  readonly levels: SideLevelStore;
  readonly outbox: WebhookOutboxStore;
  readonly heldPlans: HeldPlanStore;
  readonly freezes: DeletionFreezeStore;
  readonly restores: TagRestoreStore;
  readonly views: Views;
}

/** What only readers ask for. */
export interface Views {
  readonly links: LinkViewStore;
  readonly repositories: RepositoryViewStore;
  readonly cycles: CycleViewStore;
  readonly risks: RiskViewStore;
  readonly deletions: DeletionViewStore;
}

export function serviceStores(dataSource: DataSource): ServiceStores {
  return {
    cycles: new CycleQueueStore(dataSource),
    runs: new RepositoryRunStore(dataSource),
    links: new LinkStateStore(dataSource),
    history: new HistoryStore(dataSource),
    views: {
      links: new LinkViewStore(dataSource),
      repositories: new RepositoryViewStore(dataSource),
      cycles: new CycleViewStore(dataSource),
      risks: new RiskViewStore(dataSource),
      deletions: new DeletionViewStore(dataSource),
    },
    audit: new AuditStore(dataSource),
    registries: new RegistryKnowledgeStore(dataSource),
    notificationEvents: new NotificationEventStore(dataSource),
    levels: new SideLevelStore(dataSource),
    outbox: new WebhookOutboxStore(dataSource),
    heldPlans: new HeldPlanStore(dataSource),
    freezes: new DeletionFreezeStore(dataSource),
    restores: new TagRestoreStore(dataSource),
  };
}
