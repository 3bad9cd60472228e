import { Module } from '@nestjs/common';
import { LiveConfiguration } from '../config/live-configuration.ts';
import { JobQueue } from '../jobs/job-queue.ts';
import { JobsModule } from '../jobs/jobs.module.ts';
import type { OpenState } from '../state/opened-state.ts';
import { OPEN_STATE } from '../state/state.module.ts';
import { HealthController } from './health/health.controller.ts';
import { ReadinessProbe } from './health/readiness-probe.ts';

/** Everything that is reached over HTTP. */
@Module({
  imports: [JobsModule],
  controllers: [HealthController],
  providers: [
    {
      provide: ReadinessProbe,
      inject: [OPEN_STATE, JobQueue, LiveConfiguration],
      useFactory: (state: OpenState, queue: JobQueue, configuration: LiveConfiguration) =>
        new ReadinessProbe(state, queue, configuration),
    },
  ],
})
export class ApiModule {}
