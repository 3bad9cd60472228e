import { z } from 'zod';

import {
  DEFAULT_BUDGET,
  DEFAULT_MIN_OBSERVATIONS,
  DEFAULT_PER_CYCLE,
  parseBudget,
  parseSentinel,
} from '../policy/deletion-policy.ts';
import { parsePlatform } from '../policy/platform-policy.ts';
import { compilePrefix, compileRule } from '../policy/rename.ts';
import {
  complain,
  DurationField,
  NameField,
  PatternField,
  policyValue,
  ScheduleField,
  unlessMissing,
} from './field-schemas.ts';

/** Every 5 minutes: a difference is found well within the default objective. */
export const DEFAULT_SCHEDULE = '*/5 * * * *';

/** Three cycles of the default schedule. */
export const DEFAULT_LAG = '15m';

const LIST_HINT = 'write all, or a list of patterns with at least one entry';

const IncludeField = z
  .union([z.literal('all'), z.array(PatternField).min(1, { error: LIST_HINT })], { error: LIST_HINT })
  .prefault('all');
const ExcludeField = z.array(PatternField, { error: 'write a list of patterns' }).prefault([]);

const RepositoryFields = z.strictObject({
  include: IncludeField.describe(
    'Repositories of the primary: names, globs (** crosses slashes), { regex }; default all of the catalog',
  ),
  exclude: ExcludeField.describe('Repositories that are left out although included; default none'),
});

const NEWEST_HINT = 'write how many, like 50, or { count: 50, by: created }';

const NewestFields = z.strictObject({
  count: z.int().min(1).describe('How many'),
  by: z
    .enum(['version', 'created'])
    .describe('version: highest versions first, by name; created: by the time at which the image was built'),
});

const NewestField = z
  .union(
    [
      z
        .int()
        .min(1)
        .transform((count) => ({ count, by: 'version' as const })),
      NewestFields,
    ],
    {
      error: NEWEST_HINT,
    },
  )
  .describe('How many of these tags to keep, as a number highest versions first; default all');

const TagFields = z.strictObject({
  include: IncludeField.describe('Tags: names, globs, { regex }, { semver }; default all'),
  exclude: ExcludeField.describe('Tags that are left out although included; default none'),
  newest: NewestField.optional(),
});

const PrefixFields = z
  .strictObject({
    prefix: z
      .string()
      .transform((prefix, sink) => policyValue(() => compilePrefix(prefix), sink))
      .describe('Put before every name, like "mirror/"'),
  })
  .transform(({ prefix }) => prefix);

const RuleFields = z
  .strictObject({
    match: z.string().describe('Regular expression (RE2 syntax) that must match the whole name'),
    replace: z.string().describe('The new name; $1 or ${1} is the first group, $$ a dollar sign'),
  })
  .transform((rule, sink) => policyValue(() => compileRule(rule), sink));

const RENAME_HINT = 'write { prefix: "mirror/" }, or a list of { match: REGEX, replace: TEXT }';

const RenameField = z
  .union([z.literal('none'), PrefixFields, z.array(RuleFields).min(1, { error: RENAME_HINT })], {
    error: RENAME_HINT,
  })
  .prefault('none');

const PLATFORMS_HINT = 'write all, or a list like [linux/amd64]';

const PlatformField = z.string().transform((text, sink) => policyValue(() => parsePlatform(text), sink));

const DeletionFields = z.strictObject({
  orphans: z
    .enum(['off', 'report', 'delete'])
    .default('off')
    .describe('What happens to tags that only the secondary has: off (default), report, delete'),
  fallback: z
    .enum(['none', 'tombstone'])
    .default('none')
    .describe('For registries that refuse to delete by tag name: none (default) or tombstone'),
  maxPerRepository: z
    .union([z.string(), z.number()], { error: 'write a number of tags, like 10, or a percentage, like 10%' })
    .prefault('default')
    .transform((value, sink) =>
      policyValue(() => (value === 'default' ? DEFAULT_BUDGET : parseBudget(value)), sink),
    )
    .describe(
      'Tags of a repository one cycle may delete, like 10 or 10%, rounded down; default the larger of 5 and 10%',
    ),
  maxPerCycle: z
    .int()
    .min(1)
    .default(DEFAULT_PER_CYCLE)
    .describe('Tags one cycle may delete on one secondary; default 100'),
  minAbsence: DurationField.prefault('10m').describe(
    'How long a tag must be absent from the primary; default 10m',
  ),
  minObservations: z
    .int()
    .min(1)
    .default(DEFAULT_MIN_OBSERVATIONS)
    .describe('In how many complete observations in a row it must be absent; default 2'),
  adoptForeign: z
    .boolean({ error: 'write true or false' })
    .default(false)
    .describe('Whether tags that somebody else put on the secondary may be deleted; default false'),
  sentinel: z
    .string()
    .transform((text, sink) => policyValue(() => parseSentinel(text), sink))
    .optional()
    .describe(
      'A tag that the primary must have before a deletion, like team/app:canary, or with @digest; default none',
    ),
});

const VerifyFields = z.strictObject({
  depth: z.enum(['tag', 'graph', 'content']).default('graph').describe('How deep to look; default graph'),
  schedule: ScheduleField.describe('Cron expression, UTC'),
});

const ObjectiveFields = z.strictObject({
  lag: DurationField.prefault(DEFAULT_LAG)
    .transform((seconds, sink) => (seconds > 0 ? seconds : complain(sink, 'must be longer than 0')))
    .describe('How old a difference may get before alerts say so; default 15m'),
});

/** One entry of `links`. */
export const LinkFields = z.strictObject({
  name: NameField.describe('Name in reports, metrics and the API'),
  primary: z.string().describe('Name of the registry to copy from'),
  secondaries: z
    .array(z.string(), { error: unlessMissing('write a list of registry names') })
    .min(1, { error: 'names no registry' })
    .describe('Names of the registries to copy to'),
  repositories: RepositoryFields.prefault({}).describe('Which repositories'),
  rename: RenameField.describe('What they are called on the secondaries; default the same'),
  tags: TagFields.prefault({}).describe('Which tags of each repository'),
  platforms: z
    .union([z.literal('all'), z.array(PlatformField).min(1, { error: PLATFORMS_HINT })], {
      error: PLATFORMS_HINT,
    })
    .prefault('all')
    .describe(
      'Which platforms of an image index, os/architecture[/variant]; no variant is any; default all, byte for byte',
    ),
  platformMode: z
    .enum(['filtered', 'sparse'])
    .default('filtered')
    .describe(
      'With platforms: filtered (default) writes a new index, sparse keeps the bytes of the original',
    ),
  referrers: z
    .enum(['all', 'none'])
    .default('all')
    .describe('Signatures and other referrers of copied images; default all'),
  deletions: DeletionFields.prefault({}).describe('What may be deleted on the secondaries'),
  schedule: ScheduleField.prefault(DEFAULT_SCHEDULE).describe(
    'When to reconcile: cron expression, UTC; default every 5 minutes',
  ),
  verify: z
    .union([z.literal('off'), VerifyFields], {
      error: 'write off, or { depth: graph, schedule: "0 3 * * *" }',
    })
    .prefault('off')
    .describe('When to verify that the secondaries are pullable; default off'),
  objective: ObjectiveFields.prefault({}).describe('What the link should achieve, for alerts and dashboards'),
});
export type LinkFields = z.output<typeof LinkFields>;
