import type { ApiToken } from '../../config/configuration.ts';

/** What a caller may do: each role may do all that those before it may. */
export type Role = ApiToken['role'];

/** Weakest first. */
export const ROLES: readonly Role[] = ['viewer', 'operator', 'approver'];

export function isAtLeast(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}
