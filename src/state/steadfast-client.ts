import { Client, type ClientConfig } from 'pg';

/**
 * A client whose loss never ends the process. A pool takes its own listener off a client before it hands it out, and whoever waits
 * for it as a promise adds theirs a moment later: a server that ends a session right after it began it (a failover, an
 * administrator) speaks in between, and Node ends a process in which nobody listens to an `error`. The next statement finds the
 * session gone, and fails.
 */
export class SteadfastClient extends Client {
  constructor(config?: string | ClientConfig) {
    super(config);
    this.on('error', () => undefined);
  }
}
