import type { LinkConfiguration } from '../../config/configuration.ts';
import { isRepositoryName } from '../../oci/reference.ts';
import { compilePattern } from '../../policy/pattern.ts';
import { isInScope } from '../../policy/repository-scope.ts';
import type { CycleScope } from '../../state/link-cycle.ts';
import { ApiError } from '../problem/api-error.ts';

/**
 * What a cycle is about that was asked for these repositories.
 *
 * @throws {ApiError} `INVALID_REQUEST` for a name that the link never replicates: nothing would happen, and nobody would know.
 */
export function scopeOf(
  link: LinkConfiguration,
  { repositories = EVERY_REPOSITORY, tags = [] }: Selection,
): CycleScope {
  if (repositories === EVERY_REPOSITORY && tags.length === 0) return { kind: 'all' };
  const errors = repositories.flatMap((text, index) =>
    isReplicated(link, text)
      ? []
      : [
          {
            path: `body.repositories.${index}`,
            message: `the filters of link ${link.name} leave ${text} out, so it is not replicated`,
          },
        ],
  );
  const [first] = errors;
  if (first !== undefined) throw new ApiError('INVALID_REQUEST', first.message, { errors });
  return { kind: 'some', due: 'only-named', patterns: repositories, tags };
}

/** What somebody asks for, as patterns that compile. */
export interface Selection {
  /** Absent: all of the link. */
  readonly repositories?: readonly string[] | undefined;
  /** Absent: all tags. */
  readonly tags?: readonly string[] | undefined;
}

const EVERY_REPOSITORY: readonly string[] = ['**'];

function isReplicated({ policy }: LinkConfiguration, text: string): boolean {
  if (compilePattern(text).kind !== 'exact' || !isRepositoryName(text)) return true;
  return isInScope(policy.repositories, text);
}
