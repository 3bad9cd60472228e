import { z } from 'zod';
import { isDigest, type Digest } from '../../oci/digest.ts';
import { isRepositoryName, isTag, type RepositoryName, type Tag } from '../../oci/reference.ts';

/** A tag of a repository of the primary, and what it is to stand for. */
export interface WantedReference {
  readonly repository: RepositoryName;
  readonly tag: Tag;
  /** `null`: whatever the primary has. */
  readonly digest: Digest | null;
}

/** `repository:tag` or `repository:tag@digest`; a host does not belong into it. `undefined` for anything else. */
function referenceOf(text: string): WantedReference | undefined {
  const [, repository, tag, digest] = /^([^:@]+):([^:@]+)(?:@(.+))?$/.exec(text) ?? [];
  if (!isRepositoryName(repository) || !isTag(tag)) return undefined;
  if (digest === undefined) return { repository, tag, digest: null };
  return isDigest(digest) ? { repository, tag, digest } : undefined;
}

const LONGEST_WAIT_SECONDS = 300;
const DEFAULT_WAIT_SECONDS = 60;

export const WAIT_QUERY = z.strictObject({
  reference: z
    .string()
    .max(1024)
    .transform((text, context) => {
      const reference = referenceOf(text);
      if (reference !== undefined) return reference;
      context.addIssue({
        code: 'custom',
        message: 'write repository:tag or repository:tag@digest, without a host',
      });
      return z.NEVER;
    })
    .meta({ type: 'string', description: '`repository:tag` of the primary, or `repository:tag@digest`' }),
  timeoutSeconds: z
    .string()
    .regex(/^\d{1,6}$/, { error: `write whole seconds from 1 to ${LONGEST_WAIT_SECONDS}` })
    .transform(Number)
    .pipe(z.int().min(1).max(LONGEST_WAIT_SECONDS))
    .default(DEFAULT_WAIT_SECONDS)
    .meta({
      type: 'integer',
      minimum: 1,
      maximum: LONGEST_WAIT_SECONDS,
      default: DEFAULT_WAIT_SECONDS,
      description: 'How long to wait',
    }),
});
export type WaitQuery = z.output<typeof WAIT_QUERY>;
