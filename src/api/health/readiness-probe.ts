import { ServiceUnavailableException } from '@nestjs/common';
import type { HealthCheckService, HealthIndicatorService } from '@nestjs/terminus';
import { z } from 'zod';
import type { LiveConfiguration } from '../../config/live-configuration.ts';
import type { JobQueue } from '../../jobs/job-queue.ts';
import type { ServiceLog } from '../../jobs/service-log.ts';
import type { OpenState } from '../../state/opened-state.ts';

const CHECK = z.enum(['up', 'down']);

export const READINESS = z.object({
  status: z.enum(['ready', 'not-ready']),
  checks: z.object({ database: CHECK, queue: CHECK, configuration: CHECK }),
});

/** What everybody may know: which part is up and which is down, and nothing of why. */
export type Readiness = Readonly<z.infer<typeof READINESS>>;

/** What is taken from Terminus; times and texts of errors stay behind. */
const CHECKED = z.object({
  status: z.enum(['ok', 'degraded', 'error', 'shutting_down']),
  details: z.object({
    database: z.object({ status: CHECK }),
    queue: z.object({ status: CHECK }),
    configuration: z.object({ status: CHECK }),
  }),
});

/** An orchestrator waits a second or two for its answer; a database that takes longer is down for our purposes. */
const PATIENCE_MILLISECONDS = 2000;

export interface ReadinessProbeParts {
  readonly health: HealthCheckService;
  readonly indicators: HealthIndicatorService;
  readonly state: OpenState;
  readonly queue: JobQueue;
  readonly configuration: LiveConfiguration;
  readonly log: ServiceLog;
}

/** Whether the service can do its work now; a process that stops cannot. */
export class ReadinessProbe {
  readonly #parts: ReadinessProbeParts;
  #last: Readiness['status'] = 'ready';

  constructor(parts: ReadinessProbeParts) {
    this.#parts = parts;
  }

  async look(): Promise<Readiness> {
    const { status, details } = CHECKED.parse(await this.#check());
    const { database, queue, configuration } = details;
    const readiness: Readiness = {
      status: status === 'ok' || status === 'degraded' ? 'ready' : 'not-ready',
      checks: { database: database.status, queue: queue.status, configuration: configuration.status },
    };
    this.#tellChange(readiness);
    return readiness;
  }

  async #check(): Promise<unknown> {
    const { health, indicators, state, queue, configuration } = this.#parts;
    const sessions = { queue: indicators.check('queue'), configuration: indicators.check('configuration') };
    try {
      return await health.check([
        () =>
          indicators
            .check('database')
            .attempt(() => state.ping())
            .withTimeout(PATIENCE_MILLISECONDS),
        () => (queue.isAnswering ? sessions.queue.up() : sessions.queue.down()),
        () =>
          configuration.lastReload.kind === 'ok'
            ? sessions.configuration.up()
            : sessions.configuration.down(),
      ]);
    } catch (error) {
      // How Terminus says that something is down.
      if (error instanceof ServiceUnavailableException) return error.getResponse();
      throw error;
    }
  }

  /** Probes come every few seconds: only what has become different is news. */
  #tellChange({ status, checks }: Readiness): void {
    if (status === this.#last) return;
    this.#last = status;
    if (status === 'ready') this.#parts.log.info({ ...checks }, 'the service is ready again');
    else this.#parts.log.warn({ ...checks }, 'the service is not ready');
  }
}
