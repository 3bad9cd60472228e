import { errorCode } from './error-code.ts';
import { StateError } from './state-error.ts';

/** SQLSTATE classes and codes after which the same statement may go through: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const TRANSIENT_STATES = [
  '08', // connection exceptions
  '25006', // the server became a standby in a failover
  '40001', // serialization failure
  '40P01', // deadlock
  '53300', // too many connections
  '57P01', // the server shuts down
  '57P02', // another backend crashed
  '57P03', // the server starts
];

const SQL_STATE = /^[0-9A-Z]{5}$/;

/** A system error of Node looks like a SQLSTATE by its length only. */
const SYSTEM_ERROR = /^E[A-Z]+$/;

/**
 * Whether doing the same again may help. What has no SQLSTATE did not come from PostgreSQL but from the way to it: a
 * socket that broke, a connection that ended in a transaction; the driver gives those no code of their own.
 */
export function isTransient(error: unknown): boolean {
  if (error instanceof StateError || error instanceof TypeError || error instanceof RangeError) return false;
  const code = errorCode(error);
  if (code === undefined || !SQL_STATE.test(code) || SYSTEM_ERROR.test(code)) return true;
  return TRANSIENT_STATES.some((state) => code.startsWith(state));
}
