import { quote } from '../oci/digest.ts';
import { isRepositoryName, type RepositoryName } from '../oci/reference.ts';
import { compileLinearRegex, groupsOf, refuseTooLong, type LinearRegex } from './linear-regex.ts';
import { PolicyError } from './policy-error.ts';

/** How a rule is written: a regular expression for the whole primary name, and what to put in its place. */
export interface RenameRuleSpec {
  readonly match: string;
  readonly replace: string;
}

export interface RenameRule extends RenameRuleSpec {
  readonly regex: LinearRegex;
  /** `replace`, taken apart: texts, and numbers of groups. */
  readonly parts: readonly (string | number)[];
}

/** What a primary repository is called on the secondary; of rules the first that matches wins, without a match the name stays. */
export type Rename =
  | { readonly kind: 'none' }
  | { readonly kind: 'prefix'; readonly prefix: string }
  | { readonly kind: 'rules'; readonly rules: readonly RenameRule[] };

/** Primary repositories that would be written to one secondary repository. */
export interface NameCollision {
  readonly secondary: RepositoryName;
  readonly primaries: readonly RepositoryName[];
}

/** A group reference as `$1`, `${1}` or `$0` for the whole name, `$$` for a dollar sign, any other `$`, or plain text. */
const REPLACEMENT_PART = /\$(?:(?<number>\d+)|\{(?<braced>\d+)\}|(?<dollar>\$))|(?<stray>\$)|(?<text>[^$]+)/g;

/** @throws {PolicyError} `RENAME_INVALID`, for a prefix that no repository name can start with. */
export function compilePrefix(prefix: string): Rename {
  if (prefix === '' || !isRepositoryName(`${prefix}a`)) {
    throw new PolicyError(
      'RENAME_INVALID',
      `no repository name can start with ${quote(prefix)}: write it like "mirror/"`,
    );
  }
  return { kind: 'prefix', prefix };
}

/**
 * Takes a rule apart. The regular expression (RE2 syntax) must match the whole name; `replace` may name its groups as
 * `$1`, or `${1}` where a digit follows, and writes a dollar sign as `$$`.
 *
 * @throws {PolicyError} `RENAME_INVALID`: no regular expression, a group that it does not have, a stray `$`.
 */
export function compileRule(spec: RenameRuleSpec): RenameRule {
  refuseTooLong(spec.match, 'RENAME_INVALID');
  refuseTooLong(spec.replace, 'RENAME_INVALID');
  const regex = compileLinearRegex(spec.match, 'RENAME_INVALID');
  const parts = Array.from(spec.replace.matchAll(REPLACEMENT_PART), ({ groups }) => partOf(groups ?? {}));
  const missing = parts.find((part) => typeof part === 'number' && part > regex.groupCount());
  if (missing !== undefined) {
    throw new PolicyError(
      'RENAME_INVALID',
      `the replacement names group $${missing}, and the pattern has ${regex.groupCount()}`,
    );
  }
  return { match: spec.match, replace: spec.replace, regex, parts };
}

/** @throws {PolicyError} `NAME_INVALID`, when the result is no repository name. */
export function renameRepository(rename: Rename, name: RepositoryName): RepositoryName {
  const renamed = apply(rename, name);
  if (isRepositoryName(renamed)) return renamed;
  throw new PolicyError(
    'NAME_INVALID',
    `${quote(name)} would be renamed to ${quote(renamed)}, which is no repository name`,
  );
}

/** Names that fall together after renaming, in the order given; a name whose result is no repository name cannot. */
export function findCollisions(rename: Rename, names: readonly RepositoryName[]): readonly NameCollision[] {
  const primariesBySecondary = new Map<RepositoryName, RepositoryName[]>();
  for (const name of new Set(names)) {
    const secondary = apply(rename, name);
    if (!isRepositoryName(secondary)) continue;
    primariesBySecondary.set(secondary, [...(primariesBySecondary.get(secondary) ?? []), name]);
  }
  return Array.from(primariesBySecondary, ([secondary, primaries]) => ({ secondary, primaries })).filter(
    ({ primaries }) => primaries.length > 1,
  );
}

function apply(rename: Rename, name: RepositoryName): string {
  switch (rename.kind) {
    case 'none':
      return name;
    case 'prefix':
      return `${rename.prefix}${name}`;
    case 'rules':
      return applyRules(rename.rules, name);
  }
}

function applyRules(rules: readonly RenameRule[], name: RepositoryName): string {
  for (const rule of rules) {
    const groups = groupsOf(rule.regex, name);
    if (groups === undefined) continue;
    return rule.parts.map((part) => (typeof part === 'number' ? (groups[part] ?? '') : part)).join('');
  }
  return name;
}

function partOf(groups: Readonly<Record<string, string | undefined>>): string | number {
  const number = groups.number ?? groups.braced;
  if (number !== undefined) return Number(number);
  if (groups.stray !== undefined) {
    throw new PolicyError(
      'RENAME_INVALID',
      'a "$" that names no group: write $1, ${1}, or $$ for the character',
    );
  }
  return groups.dollar ?? groups.text ?? '';
}
