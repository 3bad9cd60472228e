import { z } from 'zod';
import {
  complaintAboutRepositoryPattern,
  complaintAboutTagPattern,
} from '../../config/impossible-pattern.ts';
import { compilePattern, type Pattern } from '../../policy/pattern.ts';
import { PolicyError } from '../../policy/policy-error.ts';

/** More than anybody writes by hand; whoever has more of them wants a glob. */
const MOST_PATTERNS = 1000;
const LONGEST_PATTERN_CHARACTERS = 512;

const REPOSITORIES = patterns(complaintAboutRepositoryPattern)
  .optional()
  .describe(
    'Names or globs of repositories of the primary, like `team/app` or `team/**`; default: all of the link',
  );

export const RESYNC_REQUEST = z.strictObject({
  repositories: REPOSITORIES,
  tags: patterns(complaintAboutTagPattern)
    .optional()
    .describe('Names or globs of tags, as far as the filters of the link take them; default: all of them'),
  mode: z
    .enum(['diff', 'recopy'])
    .default('diff')
    .describe(
      'diff: what differs; recopy: every selected tag is pushed again although equal, and every part of it is looked at',
    ),
});

export const PLAN_REQUEST = z.strictObject({ repositories: REPOSITORIES });

export const VERIFY_REQUEST = z.strictObject({
  repositories: REPOSITORIES,
  depth: z
    .enum(['tag', 'graph', 'content'])
    .default('graph')
    .describe('tag: manifests; graph: and everything below them; content: and the bytes of every blob'),
});

/** For routes that take nothing: an empty object, or no body at all. */
export const NOTHING = z.strictObject({});

function patterns(judge: (pattern: Pattern) => string | undefined): z.ZodArray<z.ZodString> {
  const pattern = z
    .string()
    .max(LONGEST_PATTERN_CHARACTERS)
    .check((context) => {
      const complaint = complaintAbout(context.value, judge);
      if (complaint !== undefined)
        context.issues.push({ code: 'custom', message: complaint, input: context.value });
    });
  return z.array(pattern).min(1).max(MOST_PATTERNS);
}

function complaintAbout(text: string, judge: (pattern: Pattern) => string | undefined): string | undefined {
  if (!/^[\x21-\x7e]*$/.test(text)) return 'has characters that no name has';
  try {
    return judge(compilePattern(text));
  } catch (error) {
    if (error instanceof PolicyError) return error.message;
    throw error;
  }
}
