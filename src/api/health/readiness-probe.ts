import type { LiveConfiguration } from '../../config/live-configuration.ts';
import type { JobQueue } from '../../jobs/job-queue.ts';
import type { OpenState } from '../../state/opened-state.ts';

export interface Readiness {
  readonly status: 'ready' | 'not-ready';
  readonly checks: Readonly<Record<'database' | 'queue' | 'configuration', 'up' | 'down'>>;
}

/** An orchestrator waits a second or two for its answer; a database that takes longer is down for our purposes. */
const PATIENCE_MILLISECONDS = 2000;

/** Whether the service can do its work now. */
export class ReadinessProbe {
  readonly #state: OpenState;
  readonly #queue: JobQueue;
  readonly #configuration: LiveConfiguration;

  constructor(state: OpenState, queue: JobQueue, configuration: LiveConfiguration) {
    this.#state = state;
    this.#queue = queue;
    this.#configuration = configuration;
  }

  async look(): Promise<Readiness> {
    const checks = {
      database: await this.#pingDatabase(),
      queue: this.#queue.isAnswering ? 'up' : 'down',
      configuration: this.#configuration.lastReload.kind === 'ok' ? 'up' : 'down',
    } as const;
    return { status: Object.values(checks).includes('down') ? 'not-ready' : 'ready', checks };
  }

  async #pingDatabase(): Promise<'up' | 'down'> {
    const answer = this.#state.ping().then(
      () => 'up' as const,
      () => 'down' as const,
    );
    const patience = AbortSignal.timeout(PATIENCE_MILLISECONDS);
    const silence = new Promise<'down'>((resolve) => {
      patience.addEventListener('abort', () => resolve('down'), { once: true });
    });
    return await Promise.race([answer, silence]);
  }
}
