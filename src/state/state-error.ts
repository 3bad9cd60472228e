/** What can be wrong with the state database; callers branch on it. */
export type StateErrorCode =
  /** It cannot be reached, or it answers with an error. */
  | 'UNAVAILABLE'
  /** Another process holds the embedded database. */
  | 'IN_USE'
  /** A newer release has migrated it. */
  | 'SCHEMA_TOO_NEW'
  /** It waits for a migration that this mode may not run. */
  | 'SCHEMA_TOO_OLD'
  /** No PostgreSQL can be run on this machine. */
  | 'UNSUPPORTED_PLATFORM'
  /** The files are of another major version of PostgreSQL. */
  | 'WRONG_VERSION'
  /** The files cannot be kept there, or are another user's. */
  | 'DENIED'
  /** PostgreSQL was run and ended. */
  | 'START_FAILED'
  /** Something stored is not what this service writes. */
  | 'CORRUPT'
  /** A write through a store that was opened for reading. */
  | 'READ_ONLY'
  /** Something that must have been stored before is not there. */
  | 'NOT_FOUND';

/** Trouble with the state database; the message says what to do, and `cause` keeps what PostgreSQL or the system said. */
export class StateError extends Error {
  override readonly name = 'StateError';
  readonly code: StateErrorCode;

  constructor(code: StateErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
