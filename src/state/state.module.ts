import { Module, type DynamicModule } from '@nestjs/common';
import { AuditStore } from './audit.store.ts';
import type { OpenState } from './opened-state.ts';
import { CycleQueueStore } from './cycle-queue.store.ts';
import { DeletionFreezeStore } from './deletion-freeze.store.ts';
import { HeldPlanStore } from './held-plan.store.ts';
import { HistoryStore } from './history.store.ts';
import { LinkStateStore } from './link-state.store.ts';
import { NotificationEventStore } from './notification-event.store.ts';
import { RegistryKnowledgeStore } from './registry-knowledge.store.ts';
import { RepositoryRunStore } from './repository-run.store.ts';
import { SideLevelStore } from './side-level.store.ts';
import { StateStore } from './state-store.ts';
import { CycleViewStore } from './views/cycle-view.store.ts';
import { DeletionViewStore } from './views/deletion-view.store.ts';
import { LinkViewStore } from './views/link-view.store.ts';
import { RepositoryViewStore } from './views/repository-view.store.ts';
import { RiskViewStore } from './views/risk-view.store.ts';
import { TagRestoreStore } from './tag-restore.store.ts';
import { WebhookOutboxStore } from './webhook-outbox.store.ts';

/** Token of the {@link OpenState} itself, for whoever needs to know whether it answers. */
export const OPEN_STATE = Symbol('OpenState');

/** Gives the opened state to everything that Nest builds. Whoever opened it closes it, after Nest has ended. */
@Module({})
export class StateModule {
  static of(state: OpenState): DynamicModule {
    const { store, service } = state;
    const providers = [
      { provide: OPEN_STATE, useValue: state },
      { provide: StateStore, useValue: store },
      ...(service === undefined
        ? []
        : [
            { provide: CycleQueueStore, useValue: service.cycles },
            { provide: RepositoryRunStore, useValue: service.runs },
            { provide: LinkStateStore, useValue: service.links },
            { provide: HistoryStore, useValue: service.history },
            { provide: LinkViewStore, useValue: service.views.links },
            { provide: RepositoryViewStore, useValue: service.views.repositories },
            { provide: CycleViewStore, useValue: service.views.cycles },
            { provide: RiskViewStore, useValue: service.views.risks },
            { provide: AuditStore, useValue: service.audit },
            { provide: RegistryKnowledgeStore, useValue: service.registries },
            { provide: NotificationEventStore, useValue: service.notificationEvents },
            { provide: SideLevelStore, useValue: service.levels },
            { provide: WebhookOutboxStore, useValue: service.outbox },
            { provide: HeldPlanStore, useValue: service.heldPlans },
            { provide: DeletionFreezeStore, useValue: service.freezes },
            { provide: TagRestoreStore, useValue: service.restores },
            { provide: DeletionViewStore, useValue: service.views.deletions },
          ]),
    ];
    return {
      module: StateModule,
      global: true,
      providers,
      exports: providers.map(({ provide }) => provide),
    };
  }
}
