import { Module, type DynamicModule } from '@nestjs/common';
import { LiveConfiguration } from '../../config/live-configuration.ts';
import { JobQueue } from '../../jobs/job-queue.ts';
import { JobsModule } from '../../jobs/jobs.module.ts';
import { MetricsPage } from '../../jobs/metrics-page.ts';
import { ServiceLog } from '../../jobs/service-log.ts';
import { LinkViewStore } from '../../state/views/link-view.store.ts';
import { PrometheusPage } from './prometheus-page.ts';
import type { ServiceMetrics } from './service-metrics.ts';

/** Gives the numbers of the process to whoever shows them. */
@Module({})
export class MetricsModule {
  static of(metrics: ServiceMetrics): DynamicModule {
    return {
      module: MetricsModule,
      global: true,
      imports: [JobsModule],
      providers: [
        {
          provide: MetricsPage,
          inject: [LiveConfiguration, LinkViewStore, JobQueue, ServiceLog],
          useFactory: (
            configuration: LiveConfiguration,
            links: LinkViewStore,
            queue: JobQueue,
            log: ServiceLog,
          ): MetricsPage => new PrometheusPage({ metrics, configuration, links, queue, log }),
        },
      ],
      exports: [MetricsPage],
    };
  }
}
