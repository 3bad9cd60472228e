import { AsyncLocalStorage } from 'node:async_hooks';
import type { LogFields } from './service-log.ts';

const inForce = new AsyncLocalStorage<LogFields>();

/** Does some work; every line of the log that is written meanwhile by it, or by what it waits for, carries these fields. */
export function withLogFields<Result>(fields: LogFields, work: () => Result): Result {
  return inForce.run({ ...inForce.getStore(), ...fields }, work);
}

/** What a line that is written now has to carry. */
export function currentLogFields(): LogFields {
  return inForce.getStore() ?? {};
}
