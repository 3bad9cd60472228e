import { describe, expect, it } from '@jest/globals';

import { parseRepositoryName } from '../oci/reference.ts';
import { compilePattern, type Pattern, type PatternSpec } from './pattern.ts';
import { exactNames, isEmptyScope, isInScope, type RepositoryScope } from './repository-scope.ts';

function patterns(...specs: readonly PatternSpec[]): readonly Pattern[] {
  return specs.map(compilePattern);
}

const TEAM: RepositoryScope = { include: patterns('team/**'), exclude: patterns('team/scratch-*') };

describe('isInScope', () => {
  it.each([
    ['team/app', true],
    ['team/a/b', true],
    ['team/scratch-1', false],
    ['other/app', false],
  ])('finds %s in scope: %s', (name, expected) => {
    expect(isInScope(TEAM, parseRepositoryName(name))).toBe(expected);
  });

  it('has everything in a scope of all but what is excluded', () => {
    const scope: RepositoryScope = { include: 'all', exclude: patterns('b') };
    expect(['a', 'b', 'b/c'].map((name) => isInScope(scope, parseRepositoryName(name)))).toEqual([
      true,
      false,
      true,
    ]);
  });

  it('never widens a scope by narrowing it', () => {
    const scope: RepositoryScope = { ...TEAM, narrowedTo: patterns('team/app', 'other/app') };
    const names = ['team/app', 'team/b', 'other/app'].map(parseRepositoryName);
    expect(names.filter((name) => isInScope(scope, name))).toEqual(['team/app']);
  });
});

describe('exactNames', () => {
  it.each<[string, RepositoryScope, readonly string[] | undefined]>([
    ['all', { include: 'all', exclude: [] }, undefined],
    ['a glob', TEAM, undefined],
    ['a glob beside a name', { include: patterns('a', 'b*'), exclude: [] }, undefined],
    ['names', { include: patterns('b', 'a'), exclude: [] }, ['b', 'a']],
    ['names, one of them twice', { include: patterns('a', 'a'), exclude: [] }, ['a']],
    ['names less an exclude', { include: patterns('a', 'b'), exclude: patterns('b*') }, ['a']],
    [
      'a regular expression that is only a name',
      { include: patterns({ regex: 'a' }), exclude: [] },
      undefined,
    ],
    [
      'a glob, narrowed to names',
      { ...TEAM, narrowedTo: patterns('team/a', 'other/b', 'team/scratch-1') },
      ['team/a'],
    ],
    ['all, narrowed to names', { include: 'all', exclude: [], narrowedTo: patterns('x') }, ['x']],
    [
      'names, narrowed to a glob',
      { include: patterns('a', 'b'), exclude: [], narrowedTo: patterns('b*') },
      ['b'],
    ],
  ])('of %s', (_name, scope, expected) => {
    expect(exactNames(scope)).toEqual(expected);
  });
});

describe('isEmptyScope', () => {
  it.each<[RepositoryScope, boolean]>([
    [{ ...TEAM, narrowedTo: patterns('other/app') }, true],
    [{ ...TEAM, narrowedTo: patterns('other/*') }, false],
    [TEAM, false],
  ])('says so only where no catalog is needed to tell', (scope, expected) => {
    expect(isEmptyScope(scope)).toBe(expected);
  });
});
