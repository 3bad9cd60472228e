import { Module, type DynamicModule, type Provider, type Type } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE, Reflector } from '@nestjs/core';
import { LiveConfiguration } from '../config/live-configuration.ts';
import { assembled } from '../jobs/assembled.ts';
import { AttemptLimiter } from '../jobs/attempt-limiter.ts';
import { CycleRequests } from '../jobs/cycle-requests.ts';
import { JobQueue } from '../jobs/job-queue.ts';
import { JobsModule } from '../jobs/jobs.module.ts';
import { RestoreRequests } from '../jobs/restore-requests.ts';
import { ServiceLog } from '../jobs/service-log.ts';
import type { OpenState } from '../state/opened-state.ts';
import { OPEN_STATE } from '../state/state.module.ts';
import { AuditStore } from '../state/audit.store.ts';
import { RiskViewStore } from '../state/views/risk-view.store.ts';
import { ChangeLog } from './audit/change-log.ts';
import { AccessGuard } from './auth/access-guard.ts';
import { Authenticator } from './auth/authenticator.ts';
import { SELF_AUTHENTICATING } from './auth/self-authenticating.ts';
import { TokenKeeper } from './auth/token-keeper.ts';
import { CycleCancelController } from './cycles/cycle-cancel.controller.ts';
import { CycleEventsController } from './cycles/cycle-events.controller.ts';
import { CyclesController } from './cycles/cycles.controller.ts';
import { DeletionFreezeController } from './deletions/deletion-freeze.controller.ts';
import { DeletionRestoreController } from './deletions/deletion-restore.controller.ts';
import { DeletionsController } from './deletions/deletions.controller.ts';
import { PlanDecisionController } from './deletions/plan-decision.controller.ts';
import { RestoreWait, type RestoreWaitParts } from './deletions/restore-wait.ts';
import { DocsController } from './docs/docs.controller.ts';
import { HealthController } from './health/health.controller.ts';
import { ReadinessProbe } from './health/readiness-probe.ts';
import { BodyReader } from './http/body-reader.ts';
import { LongRequests } from './http/long-requests.ts';
import { RequestClock } from './http/request-clock.ts';
import { LinkFailoverController } from './links/link-failover.controller.ts';
import { LinkPauseController } from './links/link-pause.controller.ts';
import { LinkWaitController } from './links/link-wait.controller.ts';
import { LinkWorkController } from './links/link-work.controller.ts';
import { LinksController } from './links/links.controller.ts';
import { TagArrival } from './links/tag-arrival.ts';
import { OpenApiDocument } from './openapi/openapi-document.ts';
import { OpenApiController } from './openapi/openapi.controller.ts';
import { MetricsController } from './metrics/metrics.controller.ts';
import { ProblemFilter } from './problem/problem-filter.ts';
import { RegistriesController } from './registries/registries.controller.ts';
import { RepositoriesController } from './repositories/repositories.controller.ts';
import { RequestValidationPipe } from './validation/request-validation-pipe.ts';

export interface ApiModuleParts {
  /** Of this program. */
  readonly version: string;
  /** Controllers, of other modules, that authenticate their callers themselves. */
  readonly selfAuthenticating: readonly Type[];
}

const CONTROLLERS: readonly Type[] = [
  MetricsController,
  HealthController,
  OpenApiController,
  DocsController,
  LinkWorkController,
  LinkPauseController,
  CycleCancelController,
  LinksController,
  LinkWaitController,
  LinkFailoverController,
  RepositoriesController,
  CyclesController,
  CycleEventsController,
  RegistriesController,
  DeletionsController,
  DeletionFreezeController,
  PlanDecisionController,
  DeletionRestoreController,
];

/** For whoever waits for an answer. */
const WAITING: readonly Provider[] = [
  {
    provide: TagArrival,
    inject: [RiskViewStore, CycleRequests, RequestClock],
    useFactory: (risks: RiskViewStore, requests: CycleRequests, clock: RequestClock) =>
      new TagArrival({ risks, requests, clock }),
  },
  assembled<RestoreWaitParts, RestoreWait>(RestoreWait, {
    requests: RestoreRequests,
    long: LongRequests,
    clock: RequestClock,
  }),
  { provide: LongRequests, useFactory: () => new LongRequests() },
];

/** Everything that is reached over HTTP, and what stands before every route, also before those of other modules. */
@Module({})
export class ApiModule {
  static of({ version, selfAuthenticating }: ApiModuleParts): DynamicModule {
    return {
      module: ApiModule,
      imports: [JobsModule],
      controllers: [...CONTROLLERS],
      providers: [
        { provide: SELF_AUTHENTICATING, useValue: selfAuthenticating },
        {
          provide: Authenticator,
          inject: [LiveConfiguration, RequestClock],
          // The section `server` takes effect at the start only, so there is nothing to follow.
          useFactory: ({ current: { server } }: LiveConfiguration, clock: RequestClock) =>
            new Authenticator(new TokenKeeper(server.tokens), new AttemptLimiter(clock)),
        },
        {
          provide: APP_GUARD,
          inject: [Reflector, Authenticator],
          useFactory: (reflector: Reflector, authenticator: Authenticator) =>
            new AccessGuard(reflector, authenticator, selfAuthenticating),
        },
        ...WAITING,
        { provide: OpenApiDocument, useValue: new OpenApiDocument(version) },
        {
          provide: ChangeLog,
          inject: [AuditStore, ServiceLog],
          useFactory: (store: AuditStore, log: ServiceLog) => new ChangeLog(store, log),
        },
        { provide: APP_INTERCEPTOR, useValue: new BodyReader(selfAuthenticating) },
        { provide: APP_PIPE, useClass: RequestValidationPipe },
        {
          provide: APP_FILTER,
          inject: [ServiceLog],
          useFactory: (log: ServiceLog) => new ProblemFilter(log),
        },
        {
          provide: ReadinessProbe,
          inject: [OPEN_STATE, JobQueue, LiveConfiguration],
          useFactory: (state: OpenState, queue: JobQueue, configuration: LiveConfiguration) =>
            new ReadinessProbe(state, queue, configuration),
        },
      ],
    };
  }
}
