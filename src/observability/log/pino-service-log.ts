import type { Logger } from 'pino';
import { ServiceLog, type LogFields } from '../../jobs/service-log.ts';

/** The log of the service's own work. */
export class PinoServiceLog extends ServiceLog {
  readonly #logger: Logger;

  constructor(logger: Logger) {
    super();
    this.#logger = logger;
  }

  override debug(fields: LogFields, message: string): void {
    this.#logger.debug(fields, message);
  }

  override info(fields: LogFields, message: string): void {
    this.#logger.info(fields, message);
  }

  override warn(fields: LogFields, message: string): void {
    this.#logger.warn(fields, message);
  }

  override error(fields: LogFields, message: string): void {
    this.#logger.error(fields, message);
  }
}
