import type { LinkConfiguration } from '../../config/configuration.ts';
import { isRepositoryName } from '../../oci/reference.ts';
import { compilePattern } from '../../policy/pattern.ts';
import { isInScope } from '../../policy/repository-scope.ts';
import type { CycleScope } from '../../state/link-cycle.ts';
import { ApiError } from '../problem/api-error.ts';

/**
 * What a cycle is about that was asked for these repositories.
 *
 * @param repositories patterns that compile; absent: all of the link.
 * @throws {ApiError} `INVALID_REQUEST` for a name that the link never replicates: nothing would happen, and nobody would know.
 */
export function scopeOf(link: LinkConfiguration, repositories: readonly string[] | undefined): CycleScope {
  if (repositories === undefined) return { kind: 'all' };
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
  return { kind: 'some', due: 'only-named', patterns: repositories, tags: [] };
}

function isReplicated({ policy }: LinkConfiguration, text: string): boolean {
  if (compilePattern(text).kind !== 'exact' || !isRepositoryName(text)) return true;
  return isInScope(policy.repositories, text);
}
