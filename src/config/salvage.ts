import type { z } from 'zod';

/** What a schema makes of a mapping once the keys with problems are left out. */
export interface Salvaged<T> {
  readonly fields: T;
  /** The keys that were left out: what stands there now is a default or a stand-in, and means nothing. */
  readonly dropped: ReadonlySet<string>;
}

/**
 * Reads as much of a mapping as can be read, so that a problem in one key does not hide those of the others; `standIns` take
 * the place of required keys. `undefined` for what is no mapping at all. The problems are not reported here.
 */
export function salvage<T>(
  schema: z.ZodType<T>,
  value: unknown,
  standIns: Readonly<Record<string, unknown>> = {},
): Salvaged<T> | undefined {
  const whole = schema.safeParse(value);
  if (whole.success) return { fields: whole.data, dropped: new Set() };
  const dropped = new Set(whole.error.issues.flatMap(keysWithProblems));
  const kept = Object.entries(recordOf(value)).filter(([key]) => !dropped.has(key));
  const replaced = Object.entries(standIns).filter(([key]) => dropped.has(key));
  const rest = schema.safeParse(Object.fromEntries([...kept, ...replaced]));
  return rest.success ? { fields: rest.data, dropped } : undefined;
}

/** A mapping as a record; anything else as an empty one. */
export function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function keysWithProblems(issue: z.core.$ZodIssue): readonly string[] {
  if (issue.code === 'unrecognized_keys' && issue.path.length === 0) return issue.keys;
  const key = issue.path[0];
  return typeof key === 'string' ? [key] : [];
}
