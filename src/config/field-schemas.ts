import { z } from 'zod';

import { PolicyError } from '../policy/policy-error.ts';
import { compilePattern, type Pattern } from '../policy/pattern.ts';
import { parseByteSize } from './byte-size.ts';
import { complaintAboutSchedule } from './cron-schedule.ts';
import { parseDuration } from './duration.ts';

/** Where a transform reports a problem. */
interface IssueSink {
  readonly issues: z.core.$ZodRawIssue[];
}

/** Names appear in metrics' labels, in URLs and in state: few characters, none that would need escaping anywhere. */
const NAME_PATTERN = /^[A-Za-z0-9_.-]{1,64}$/;
export const NameField = z
  .string()
  .regex(NAME_PATTERN, { error: 'a name has 1 to 64 of the characters A-Z a-z 0-9 _ . -' });

/** How a secret is written: it is never in the file itself. */
export type SecretReference =
  { readonly kind: 'env'; readonly name: string } | { readonly kind: 'file'; readonly path: string };

/** For mappings in which a key may be a secret at the wrong place: says `hint` and repeats no key. */
export function withoutKeys(hint: string): (issue: { readonly code: string }) => string | undefined {
  return ({ code }) => (code === 'unrecognized_keys' ? hint : undefined);
}

const SECRET_HINT = 'a secret is never written here: write { env: NAME } or { file: PATH }';

const EnvironmentReference = z
  .strictObject(
    {
      env: z
        .string()
        .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: 'not the name of an environment variable' })
        .describe('Name of the environment variable that holds the value'),
    },
    { error: withoutKeys(SECRET_HINT) },
  )
  .transform(({ env }): SecretReference => ({ kind: 'env', name: env }));

const FileReference = z
  .strictObject(
    {
      file: z
        .string()
        .min(1, { error: 'not the path of a file' })
        .describe(
          'Path of the file that holds the value; relative to the configuration file. A line break at its end is left out',
        ),
    },
    { error: withoutKeys(SECRET_HINT) },
  )
  .transform(({ file }): SecretReference => ({ kind: 'file', path: file }));

/** A secret; no message about it may repeat what stands there. */
export const SecretField = z.union([EnvironmentReference, FileReference], {
  error: ({ input }) => (input === undefined ? undefined : secretHint(input)),
});

/** A duration in seconds, written with units. */
export const DurationField = z
  .union([z.string(), z.literal(0)], { error: 'write a duration with its unit, like 30s, 10m or 1h30m' })
  .transform(
    (value, sink) =>
      parseDuration(String(value)) ??
      complain(sink, 'write a duration with its unit, like 30s, 10m or 1h30m'),
  );

/** A size in bytes, above 0. */
export const ByteSizeField = z
  .union([z.string(), z.int()], { error: 'write a size, like 100MiB' })
  .transform((value, sink) => {
    const bytes = parseByteSize(String(value)) ?? 0;
    return bytes > 0 ? bytes : complain(sink, 'write a size above 0, like 100MiB, 10MB or 65536');
  });

/** A cron expression, kept as it is written. */
export const ScheduleField = z.string().transform((value, sink) => {
  const complaint = complaintAboutSchedule(value);
  return complaint === undefined ? value : complain(sink, complaint);
});

const PATTERN_HINT = 'write a name or a glob, { regex: … } or { semver: … }';

export const PatternField = z
  .union(
    [
      z.string(),
      z.strictObject({
        regex: z.string().describe('Regular expression (RE2 syntax) that must match the whole text'),
      }),
      z.strictObject({
        semver: z.string().describe('Range of semantic versions in the syntax of npm; tags may begin with v'),
      }),
    ],
    { error: PATTERN_HINT },
  )
  .transform((spec, sink): Pattern => policyValue(() => compilePattern(spec), sink));

/** Says `hint` about a value of the wrong form; a value that is missing is only said to be required. */
export function unlessMissing(hint: string): (issue: { readonly input: unknown }) => string | undefined {
  return ({ input }) => (input === undefined ? undefined : hint);
}

/** The value that `make` returns; a `PolicyError` becomes a problem at the field. */
export function policyValue<T>(make: () => T, sink: IssueSink): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof PolicyError) return complain(sink, error.message);
    throw error;
  }
}

/** Reports a problem at the field that is being read. */
export function complain(sink: IssueSink, message: string): never {
  sink.issues.push({ code: 'custom', message, input: undefined });
  return z.NEVER;
}

function secretHint(input: unknown): string {
  const variable = typeof input === 'string' ? /^\$\{?([A-Z_][A-Z0-9_]*)\}?$/.exec(input)?.[1] : undefined;
  if (variable !== undefined) return `"\${…}" is not expanded: write { env: ${variable} }`;
  return SECRET_HINT;
}
