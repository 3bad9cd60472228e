import type { AddressInfo } from 'node:net';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Logger } from 'pino';
import { configureHttp, HTTP_OPTIONS } from '../../api/http/configure-http.ts';
import { AppModule, type ServiceParts } from '../../app.module.ts';
import { findConfigurationFile } from '../../config/find-configuration-file.ts';
import { LiveConfiguration } from '../../config/live-configuration.ts';
import { loadConfiguration } from '../../config/load-configuration.ts';
import { tracingSettingsOf } from '../../config/tracing-settings.ts';
import { ConfigurationWatcher } from '../../jobs/configuration-watcher.ts';
import type { ServiceLog } from '../../jobs/service-log.ts';
import { createLogger } from '../../observability/log/create-logger.ts';
import { CycleLog } from '../../observability/log/cycle-log.ts';
import { CycleMetrics } from '../../observability/metrics/cycle-metrics.ts';
import { NotificationMetrics } from '../../observability/metrics/notification-metrics.ts';
import { RegistryMetrics } from '../../observability/metrics/registry-metrics.ts';
import { ServiceMetrics } from '../../observability/metrics/service-metrics.ts';
import { SeveralObservers } from '../../observability/several-observers.ts';
import { SeveralRegistryObservers } from '../../observability/several-registry-observers.ts';
import { openTracing } from '../../observability/traces/open-tracing.ts';
import type { Tracing } from '../../observability/traces/tracing.ts';
import { RegistryLog } from '../../observability/log/registry-log.ts';
import { NestLog } from '../../observability/log/nest-log.ts';
import { PinoServiceLog } from '../../observability/log/pino-service-log.ts';
import { RegistryConnections } from '../../reconciliation/registry-connections.ts';
import { openState } from '../../state/open-state.ts';
import { SystemClock } from '../../time/system-clock.ts';
import { EXIT_CODE } from '../exit-code.ts';
import { takesColors } from '../style.ts';
import type { Terminal } from '../terminal.ts';
import { VERSION } from '../version.ts';

interface ServeOptions {
  readonly config?: string;
}

/** CONTRACT: a service that is told to stop is gone within 25 s, whatever hangs. */
const LONGEST_STOP_SECONDS = 23;

/** For the log to be written; a process that left nothing open is gone before. */
const LAST_MILLISECONDS = 500;

/**
 * `geo-reconciler serve`: works until it is told to stop, and then ends with 0.
 *
 * @throws {ConfigurationError | StateError} before anything is sent to a registry.
 */
export async function runServe(options: ServeOptions, terminal: Terminal): Promise<number> {
  const { environment } = terminal;
  const clock = new SystemClock();
  const file = findConfigurationFile(options.config, environment);
  const configuration = new LiveConfiguration(file, () => loadConfiguration(file, environment), clock.now());
  const { database, server, log: settings, links } = configuration.current;
  const logger = createLogger(
    settings.level,
    terminal.err,
    takesColors(terminal.err, environment) ? 'colored' : 'plain',
  );
  const log = new PinoServiceLog(logger);
  const signals = new ServiceSignals(log);
  const metrics = new ServiceMetrics();
  log.info({ version: VERSION, file, links: links.map(({ name }) => name) }, 'the service starts');
  const tracing = await openTracing(tracingSettingsOf(environment), { version: VERSION, clock, log: logger });
  const state = await openState(database, 'read-write', (message) => log.info({}, message), clock);
  try {
    const app = await NestFactory.create<NestExpressApplication>(
      AppModule.of({
        version: VERSION,
        configuration,
        state,
        clock,
        log,
        ...observersOf(logger, metrics, tracing),
        metrics,
      }),
      // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- Nest declares its options as a class and takes literals
      { ...HTTP_OPTIONS, logger: new NestLog(logger), abortOnError: false, forceCloseConnections: true },
    );
    configureHttp(app);
    try {
      await app.listen(server.port, server.host);
      sayWhere(app, log, server.tokens.length);
      await signals.untilStopped(() => app.get(ConfigurationWatcher).reload());
    } finally {
      const closed = app
        .close()
        .then(() => app.get(RegistryConnections).close())
        .then(() => tracing.close());
      await withinSeconds(LONGEST_STOP_SECONDS, closed);
    }
  } finally {
    await state.close();
    signals.dispose();
  }
  log.info({}, 'the service has stopped');
  // What is left open after this hangs, and nobody waits for it.
  setTimeout(() => process.exit(), LAST_MILLISECONDS).unref();
  return EXIT_CODE.inSync;
}

/** Everybody who watches. */
function observersOf(
  logger: Logger,
  metrics: ServiceMetrics,
  tracing: Tracing,
): Pick<ServiceParts, 'cycleObserver' | 'cycleTracer' | 'registryObserver' | 'notificationObserver'> {
  return {
    cycleObserver: new SeveralObservers([new CycleLog(logger), new CycleMetrics(metrics), tracing.cycles]),
    cycleTracer: tracing.tracer,
    registryObserver: new SeveralRegistryObservers([
      new RegistryMetrics(metrics),
      new RegistryLog(logger),
      tracing.registries,
    ]),
    notificationObserver: new NotificationMetrics(metrics),
  };
}

function sayWhere(app: NestExpressApplication, log: ServiceLog, tokens: number): void {
  const { address, family, port } = app.getHttpServer().address() as AddressInfo;
  const url = `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
  log.info({ url }, 'the service listens');
  if (tokens === 0)
    log.warn({ url }, 'no token is configured: everybody on this machine may use the API, and nobody else');
}

/** Gives up on what hangs: the lease of its work runs out, and somebody else does it. */
async function withinSeconds(seconds: number, work: Promise<unknown>): Promise<void> {
  const patience = new AbortController();
  try {
    await Promise.race([work, new SystemClock().sleep(seconds, patience.signal).catch(() => undefined)]);
  } finally {
    patience.abort();
  }
}

/** The signals of a process that runs for long: hang-up reads the configuration, interrupt and termination end it. */
class ServiceSignals {
  readonly #log: ServiceLog;
  readonly #stop = new AbortController();
  #reload: () => void = () => undefined;

  constructor(log: ServiceLog) {
    this.#log = log;
    process.on('SIGTERM', this.#onStop).on('SIGINT', this.#onStop).on('SIGHUP', this.#onHangUp);
  }

  async untilStopped(reload: () => void): Promise<void> {
    this.#reload = reload;
    const { signal } = this.#stop;
    if (signal.aborted) return;
    await new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  dispose(): void {
    process.off('SIGTERM', this.#onStop).off('SIGINT', this.#onStop).off('SIGHUP', this.#onHangUp);
  }

  readonly #onStop = (signal: NodeJS.Signals): void => {
    if (this.#stop.signal.aborted && signal === 'SIGINT') process.exit(EXIT_CODE.interrupted);
    this.#log.info({ signal }, 'the service stops: it takes no more work, and ends what is under way');
    this.#stop.abort();
  };

  readonly #onHangUp = (): void => this.#reload();
}
