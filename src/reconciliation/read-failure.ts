import type { ReadFailure } from '../planning/cycle-report.ts';
import { RegistryError } from '../registry/registry-error.ts';

/** Names a failed read; an error that no registry caused is a defect of this program and flies on. */
export function readFailureOf(error: unknown, side: ReadFailure['side']): ReadFailure {
  if (error instanceof RegistryError) return { side, reason: error.code, message: error.message };
  throw error;
}
