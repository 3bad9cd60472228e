import type { Secret } from '../config/secret.ts';
import type { ServiceStores } from './service-stores.ts';
import type { StateStore } from './state-store.ts';

/** The state, ready for use. */
export interface OpenState {
  readonly store: StateStore;
  /** What only the service keeps; `undefined` where the state is in memory. */
  readonly service: ServiceStores | undefined;
  /** Where else rows can be kept beside it; has the password in it. `undefined` where the state is in memory. */
  readonly url: Secret | undefined;
  /** Resolves when the database answers. @throws {StateError} `UNAVAILABLE`. */
  ping(): Promise<void>;
  /** Closes the store, and then stops the database if this process started it; may be called again. */
  close(): Promise<void>;
}

/** Takes one line for people. */
export type StateLog = (message: string) => void;
