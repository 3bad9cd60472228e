import { z } from 'zod';

import { quote } from '../oci/digest.ts';
import type { ConfigurationPath, PathPart } from './configuration-path.ts';

/** A problem that a schema found, before it is placed in a file. */
export interface SchemaProblem {
  readonly path: ConfigurationPath;
  /** Which side of the last step of the path is wrong. */
  readonly part: PathPart;
  readonly message: string;
}

/** Everything that keeps `value` from being what the schema says; empty when nothing does. */
export function findSchemaProblems(schema: z.ZodType, value: unknown): readonly SchemaProblem[] {
  const result = schema.safeParse(value, { error: plainMessage });
  return result.success ? [] : result.error.issues.flatMap((issue) => problemsOf(issue, []));
}

/** Said of unknown keys, unless the schema has a message of its own because its keys must not be repeated. */
const UNKNOWN_KEY = 'not known here';

type Issue = z.core.$ZodIssue;

function problemsOf(issue: Issue, parent: ConfigurationPath): readonly SchemaProblem[] {
  const path = [...parent, ...issue.path];
  if (issue.code === 'unrecognized_keys' && issue.message.startsWith(UNKNOWN_KEY)) {
    return issue.keys.map((key) => ({ path: [...path, key], part: 'key', message: issue.message }));
  }
  if (issue.code === 'invalid_key')
    return [{ path, part: 'key', message: issue.issues[0]?.message ?? issue.message }];
  const branch = issue.code === 'invalid_union' ? meantBranch(issue.errors) : undefined;
  return (
    branch?.flatMap((inner) => problemsOf(inner, path)) ?? [{ path, part: 'value', message: issue.message }]
  );
}

/**
 * The alternative of a union that was meant: the only one whose problems all lie below the value itself. Without one the
 * union's own message is said, so that no text is repeated that stands where a secret may stand.
 */
function meantBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const meant = branches.filter((issues) => issues.length > 0 && issues.every(({ path }) => path.length > 0));
  return meant.length === 1 ? meant[0] : undefined;
}

/** What a problem is called, where the schema itself says nothing better; never with the value. */
function plainMessage(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === 'unrecognized_keys')
    return `${UNKNOWN_KEY}; known are ${knownKeys(issue.inst).join(', ')}`;
  if (issue.code !== 'invalid_type') return undefined;
  if (issue.input === undefined) return 'is required';
  if (issue.input === null) return 'has no value: write one, or leave the key out';
  return `must be ${NAMES_OF_TYPES.get(issue.expected) ?? issue.expected}`;
}

const NAMES_OF_TYPES: ReadonlyMap<string, string> = new Map([
  ['string', 'a text (in quotes, if it looks like a number)'],
  ['number', 'a number'],
  ['int', 'a whole number'],
  ['boolean', 'true or false'],
  ['array', 'a list'],
  ['object', 'a mapping'],
  ['record', 'a mapping'],
]);

function knownKeys(schema: unknown): readonly string[] {
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

/** Shown beside a name that is not known. */
export function listNames(names: Iterable<string>): string {
  const known = [...names].map(quote);
  return known.length === 0 ? 'there is none' : `known are ${known.join(', ')}`;
}
