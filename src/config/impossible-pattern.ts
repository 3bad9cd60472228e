import { isRepositoryName, isTag } from '../oci/reference.ts';
import { describePattern, type Pattern } from '../policy/pattern.ts';
import type { ConfigurationPath } from './configuration-path.ts';
import type { LinkFields } from './link-schema.ts';

/** A pattern that nothing can match, below a link. */
export interface ImpossiblePattern {
  readonly path: ConfigurationPath;
  readonly message: string;
}

/** Patterns that would select nothing, or keep nothing out, in silence. */
export function findImpossiblePatterns({ repositories, tags }: LinkFields): readonly ImpossiblePattern[] {
  const find = (
    where: ConfigurationPath,
    patterns: readonly Pattern[] | 'all',
    judge: Judge,
  ): readonly ImpossiblePattern[] =>
    (patterns === 'all' ? [] : patterns).flatMap((pattern, index) => {
      const message = judge(pattern);
      return message === undefined ? [] : [{ path: [...where, index], message }];
    });
  return [
    ...find(['repositories', 'include'], repositories.include, complaintAboutRepositoryPattern),
    ...find(['repositories', 'exclude'], repositories.exclude, complaintAboutRepositoryPattern),
    ...find(['tags', 'include'], tags.include, complaintAboutTagPattern),
    ...find(['tags', 'exclude'], tags.exclude, complaintAboutTagPattern),
  ];
}

type Judge = (pattern: Pattern) => string | undefined;

/** Why no repository can match the pattern, or `undefined`. */
export function complaintAboutRepositoryPattern(pattern: Pattern): string | undefined {
  if (pattern.kind === 'semver')
    return 'versions are for tags: repositories take names, globs and { regex: … }';
  if (pattern.kind !== 'exact' || isRepositoryName(pattern.text)) return undefined;
  return `${describePattern(pattern)} is no repository name: these have lower-case letters, digits, and . _ - / between them`;
}

/** Why no tag can match the pattern, or `undefined`. */
export function complaintAboutTagPattern(pattern: Pattern): string | undefined {
  if (pattern.kind !== 'exact' || isTag(pattern.text)) return undefined;
  return `${describePattern(pattern)} is no tag: these have letters, digits and . _ -`;
}
