import type { ConfigurationPath } from './configuration-path.ts';

/** Every text that looks as if an environment variable was meant to be put in: nothing expands `${NAME}`. */
export function findUnexpandedVariables(
  value: unknown,
  path: ConfigurationPath = [],
): readonly ConfigurationPath[] {
  if (typeof value === 'string') return /\$\{[A-Za-z_]/.test(value) ? [path] : [];
  if (typeof value !== 'object' || value === null) return [];
  const entries: readonly [PropertyKey, unknown][] = Array.isArray(value)
    ? [...value.entries()]
    : Object.entries(value);
  return entries.flatMap(([key, child]) => findUnexpandedVariables(child, [...path, key]));
}
