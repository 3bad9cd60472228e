import { fileVersion, type LiveConfiguration } from '../config/live-configuration.ts';
import type { Clock } from '../time/clock.ts';
import type { ServiceLog } from './service-log.ts';

/** Looking is cheap, and unlike the events of a file system it also notices a mounted file that is swapped as a whole. */
const LOOK_SECONDS = 2;

/** Reads the configuration again when its file changes, or when it is told to; a bad file keeps the old one and is reported. */
export class ConfigurationWatcher {
  readonly #configuration: LiveConfiguration;
  readonly #clock: Clock;
  readonly #log: ServiceLog;
  #end = new AbortController();
  #loop: Promise<void> = Promise.resolve();

  constructor(configuration: LiveConfiguration, clock: Clock, log: ServiceLog) {
    this.#configuration = configuration;
    this.#clock = clock;
    this.#log = log;
  }

  start(): void {
    this.#end = new AbortController();
    this.#loop = this.#watch(this.#end.signal);
  }

  async stop(): Promise<void> {
    this.#end.abort();
    await this.#loop;
  }

  /** Reads the file now, changed or not: secrets live in other files. */
  reload(): void {
    const { file } = this.#configuration;
    const state = this.#configuration.reload(this.#clock.now());
    if (state.kind === 'ok') this.#log.info({ file }, 'the configuration was read again');
    else
      this.#log.error(
        { file, problems: state.message.split('\n') },
        'the new configuration is refused, the old one stays',
      );
  }

  async #watch(signal: AbortSignal): Promise<void> {
    let seen = await fileVersion(this.#configuration.file);
    while (!signal.aborted) {
      await this.#clock.sleep(LOOK_SECONDS, signal).catch(() => undefined);
      const version = await fileVersion(this.#configuration.file);
      if (version === seen) continue;
      seen = version;
      this.reload();
    }
  }
}
