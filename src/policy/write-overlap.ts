import { isRepositoryName, type RepositoryName } from '../oci/reference.ts';
import type { GlobPart } from './glob.ts';
import type { Pattern } from './pattern.ts';
import { PolicyError } from './policy-error.ts';
import { renameRepository } from './rename.ts';
import type { ReplicationPolicy } from './replication-policy.ts';
import { exactNames, isInScope, type RepositoryScope } from './repository-scope.ts';

/** What decides which repositories of a secondary a link writes. */
export type Writing = Pick<ReplicationPolicy, 'repositories' | 'rename'>;

/** What `*` is taken to be in examples: any names will do, several make it likelier that one is not excluded. */
const FILLERS = ['x', 'app', '0'] as const;

/** Examples of one glob; braces multiply them. */
const MOST_EXAMPLES = 64;

/**
 * A repository of a secondary that two links could both write, or `undefined` where none is found.
 *
 * Names are tried that follow from the two policies themselves (exact names, examples of globs, any name for "all"), so a
 * name that is returned is proof; that none is returned is not: regular expressions give no examples, and two globs may meet
 * in a name that neither suggests (`team/*` and `*` + `/app`). The names a catalog lists decide those cases at run time.
 */
export function findSharedRepository(left: Writing, right: Writing): RepositoryName | undefined {
  return (
    writtenExamples(left).find((name) => canWrite(right, name)) ??
    writtenExamples(right).find((name) => canWrite(left, name))
  );
}

/**
 * Whether two links may meet in a repository of a secondary for all that their policies say: then only the names that their primaries
 * list can tell. What they write has to begin alike; names that are all written out are compared by `findSharedRepository`.
 */
export function mayShareRepository(left: Writing, right: Writing): boolean {
  if ([left, right].every(({ repositories }) => exactNames(repositories) !== undefined)) return false;
  const others = writtenBeginnings(right);
  return writtenBeginnings(left).some((beginning) =>
    others.some((other) => beginning.startsWith(other) || other.startsWith(beginning)),
  );
}

function writtenBeginnings({ repositories: { include }, rename }: Writing): readonly string[] {
  if (rename.kind === 'rules') return [''];
  const beginnings = include === 'all' ? [''] : include.map(beginningOf);
  return rename.kind === 'none' ? beginnings : beginnings.map((beginning) => rename.prefix + beginning);
}

/** What every match of the pattern begins with, as far as it is plain to see. */
function beginningOf(pattern: Pattern): string {
  if (pattern.kind === 'exact') return pattern.text;
  if (pattern.kind !== 'glob') return '';
  const open = pattern.parts.findIndex(({ kind }) => kind !== 'literal');
  return pattern.parts
    .slice(0, open)
    .map((part) => (part.kind === 'literal' ? part.text : ''))
    .join('');
}

/**
 * A repository that a link within one registry would write and then read as if it had always been there, or `undefined`
 * where none is found: with the prefix `mirror/` and all repositories in scope, `mirror/x` becomes `mirror/mirror/x`.
 */
export function findOwnInput(writing: Writing): RepositoryName | undefined {
  return writtenExamples(writing).find((name) => isInScope(writing.repositories, name));
}

function writtenExamples(writing: Writing): readonly RepositoryName[] {
  return primaryExamples(writing.repositories).flatMap((name) => renamed(writing, name) ?? []);
}

function canWrite(writing: Writing, secondary: RepositoryName): boolean {
  return possiblePrimaries(writing, secondary).some(
    (name) => isInScope(writing.repositories, name) && renamed(writing, name) === secondary,
  );
}

/**
 * Whether a link may write a repository of a secondary, for all that its policy says. Of a rename by rules no more is looked at than
 * what a replacement begins with, so that `false` is certain and `true` is not.
 */
export function mayWrite(writing: Writing, secondary: RepositoryName): boolean {
  if (canWrite(writing, secondary)) return true;
  const { rename } = writing;
  return rename.kind === 'rules' && rename.rules.some(({ parts: [first] }) => beginsWith(secondary, first));
}

function beginsWith(name: RepositoryName, first: string | number | undefined): boolean {
  return typeof first === 'string' ? name.startsWith(first) : true;
}

function possiblePrimaries(
  { repositories, rename }: Writing,
  secondary: RepositoryName,
): readonly RepositoryName[] {
  switch (rename.kind) {
    case 'none':
      return [secondary];
    case 'prefix':
      return secondary.startsWith(rename.prefix)
        ? [secondary.slice(rename.prefix.length)].filter(isRepositoryName)
        : [];
    case 'rules':
      return [secondary, ...primaryExamples(repositories)];
  }
}

function primaryExamples(scope: RepositoryScope): readonly RepositoryName[] {
  const examples =
    scope.include === 'all'
      ? FILLERS.flatMap((filler) => [filler, `${filler}/${filler}`])
      : scope.include.flatMap(examplesOfPattern);
  return [...new Set(examples)].filter(isRepositoryName).filter((name) => isInScope(scope, name));
}

function examplesOfPattern(pattern: Pattern): readonly string[] {
  switch (pattern.kind) {
    case 'exact':
      return [pattern.text];
    case 'glob':
      return FILLERS.flatMap((filler) => examplesOfGlob(pattern.parts, filler));
    case 'regex':
    case 'semver':
      return [];
  }
}

function examplesOfGlob(parts: readonly GlobPart[], filler: string): readonly string[] {
  return parts.reduce<readonly string[]>(
    (prefixes, part) => {
      const endings = examplesOfPart(part, filler);
      return prefixes.flatMap((prefix) => endings.map((ending) => prefix + ending)).slice(0, MOST_EXAMPLES);
    },
    [''],
  );
}

function examplesOfPart(part: GlobPart, filler: string): readonly string[] {
  switch (part.kind) {
    case 'literal':
      return [part.text];
    case 'segments':
      return ['', `${filler}/`];
    case 'star':
    case 'rest':
    case 'text':
      return [filler];
    case 'character':
      return [filler.charAt(0)];
    case 'class':
      return part.negated ? ['x', 'a', '0'] : part.ranges.map(([first]) => first);
    case 'either':
      return part.alternatives.flatMap((alternative) => examplesOfGlob(alternative, filler));
  }
}

function renamed({ rename }: Writing, name: RepositoryName): RepositoryName | undefined {
  try {
    return renameRepository(rename, name);
  } catch (error) {
    if (error instanceof PolicyError) return undefined;
    throw error;
  }
}
