import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { compilePattern, type Pattern, type PatternSpec } from './pattern.ts';
import { compilePrefix, compileRule, type Rename } from './rename.ts';
import { parseRepositoryName } from '../oci/reference.ts';
import {
  findOwnInput,
  findSharedRepository,
  mayShareRepository,
  mayWrite,
  type Writing,
} from './write-overlap.ts';

const NONE: Rename = { kind: 'none' };

function patterns(specs: readonly PatternSpec[]): readonly Pattern[] {
  return specs.map(compilePattern);
}

function writes(
  include: readonly PatternSpec[] | 'all',
  rename: Rename = NONE,
  exclude: readonly PatternSpec[] = [],
): Writing {
  return {
    repositories: { include: include === 'all' ? 'all' : patterns(include), exclude: patterns(exclude) },
    rename,
  };
}

const MIRROR = compilePrefix('mirror/');
/** What a list of names becomes under no rename or under the prefix. */
function written(names: readonly string[], rename: Rename): readonly string[] {
  return names.map((name) => (rename.kind === 'prefix' ? `${rename.prefix}${name}` : name));
}

const TO_MIRROR: Rename = {
  kind: 'rules',
  rules: [compileRule({ match: 'team/(.*)', replace: 'mirror/$1' })],
};

describe('mayShareRepository', () => {
  it.each<[string, Writing, Writing]>([
    ['two regular expressions', writes([{ regex: 'team/w.*' }]), writes([{ regex: 'other/w.*' }])],
    ['globs that may meet', writes(['team/*']), writes(['*/app'])],
    ['a rename by rules and a prefix', writes(['team/*'], TO_MIRROR), writes(['web/*'], MIRROR)],
    ['a name and a glob', writes(['team/app']), writes(['team/*'])],
    ['a name under a prefix and everything', writes(['app'], MIRROR), writes('all')],
  ])('is so of %s', (_name, left, right) => {
    expect(mayShareRepository(left, right)).toBe(true);
    expect(mayShareRepository(right, left)).toBe(true);
  });

  it.each<[string, Writing, Writing]>([
    ['names that are all written out', writes(['team/app']), writes(['team/application'])],
    ['globs that begin differently', writes(['team-a/**']), writes(['team-b/**'])],
    ['different prefixes', writes('all', compilePrefix('eu/')), writes('all', compilePrefix('us/'))],
    ['a prefix and names without it', writes('all', MIRROR), writes(['team/*'])],
  ])('is not so of %s', (_name, left, right) => {
    expect(mayShareRepository(left, right)).toBe(false);
    expect(mayShareRepository(right, left)).toBe(false);
  });

  it('is so wherever a shared repository is found among patterns', () => {
    expect(findSharedRepository(writes('all'), writes(['team/*']))).toBeDefined();
    expect(mayShareRepository(writes('all'), writes(['team/*']))).toBe(true);
  });
});

describe('mayWrite', () => {
  it.each<[string, Writing, string, boolean]>([
    ['its own name in scope', writes(['team/*']), 'team/app', true],
    ['a name out of scope', writes(['team/*']), 'web/app', false],
    ['a name below its prefix', writes(['team/*'], MIRROR), 'mirror/team/app', true],
    ['a name without its prefix', writes('all', MIRROR), 'team/app', false],
    ['what a replacement begins with', writes([{ regex: 'team/.*' }], TO_MIRROR), 'mirror/app', true],
    ['a name that no rule changes', writes(['web/*'], TO_MIRROR), 'web/app', true],
    ['what no replacement begins with', writes([{ regex: 'team/.*' }], TO_MIRROR), 'other/app', false],
  ])('says of %s', (_name, writing, secondary, expected) => {
    expect(mayWrite(writing, parseRepositoryName(secondary))).toBe(expected);
  });
});

describe('findSharedRepository', () => {
  it.each<[string, Writing, Writing]>([
    ['all and all', writes('all'), writes('all')],
    ['all and a name', writes('all'), writes(['team/app'])],
    ['the same name', writes(['a', 'b']), writes(['b', 'c'])],
    ['the same glob', writes(['team/**']), writes(['team/**'])],
    [
      'the same glob with different excludes',
      writes(['team/**'], NONE, ['team/x']),
      writes(['team/**'], NONE, ['team/app']),
    ],
    ['a glob and a name in it', writes(['team/**']), writes(['team/a/b'])],
    ['a glob and a wider one', writes(['team/app-*']), writes(['team/**'])],
    ['a glob with braces', writes(['{a,b}/x']), writes(['b/*'])],
    ['a glob with a class', writes(['v[1-3]']), writes(['v1'])],
    ['a prefix and a name below it', writes(['app'], MIRROR), writes(['mirror/app'])],
    ['a prefix and all', writes('all', MIRROR), writes('all')],
    ['the same prefix', writes('all', MIRROR), writes('all', MIRROR)],
    ['a rule and a name', writes(['team/app'], TO_MIRROR), writes(['mirror/app'])],
    ['a rule and a prefix', writes(['team/**'], TO_MIRROR), writes('all', MIRROR)],
    ['a regular expression and a name', writes([{ regex: 'team/.*' }]), writes(['team/app'])],
  ])('finds one for %s', (_name, left, right) => {
    expect(findSharedRepository(left, right)).toBeDefined();
    expect(findSharedRepository(right, left)).toBeDefined();
  });

  it.each<[string, Writing, Writing]>([
    ['different names', writes(['a']), writes(['b'])],
    ['different folders', writes(['team/**']), writes(['other/**'])],
    ['a name that is excluded', writes(['team/**'], NONE, ['team/app']), writes(['team/app'])],
    ['different prefixes', writes('all', MIRROR), writes('all', compilePrefix('copy/'))],
    ['a prefix and all but what is below it', writes('all', MIRROR), writes('all', NONE, ['mirror/**'])],
    ['a rule that moves names away', writes(['team/app'], TO_MIRROR), writes(['team/app'])],
  ])('finds none for %s', (_name, left, right) => {
    expect(findSharedRepository(left, right)).toBeUndefined();
    expect(findSharedRepository(right, left)).toBeUndefined();
  });

  it('finds none where only a catalog can tell, which the discovery then does', () => {
    expect(findSharedRepository(writes([{ regex: 'a.*' }]), writes([{ regex: '.*b' }]))).toBeUndefined();
    expect(findSharedRepository(writes(['team/*']), writes(['*/web']))).toBeUndefined();
  });

  it('decides exactly for lists of names', () => {
    const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'a/b', 'mirror/a', 'mirror/b', 'c'), {
      minLength: 1,
    });
    const rename = fc.constantFrom(NONE, MIRROR);
    fc.assert(
      fc.property(names, rename, names, rename, (left, leftRename, right, rightRename) => {
        const shared = written(left, leftRename).some((name) => written(right, rightRename).includes(name));
        expect(findSharedRepository(writes(left, leftRename), writes(right, rightRename)) !== undefined).toBe(
          shared,
        );
      }),
    );
  });
});

describe('findOwnInput', () => {
  it('finds that a prefix feeds itself when everything is in scope', () => {
    expect(findOwnInput(writes('all', MIRROR))).toBe('mirror/x');
  });

  it('finds a name that the rules leave as it is', () => {
    expect(findOwnInput(writes(['other/app'], TO_MIRROR))).toBe('other/app');
  });

  it.each([
    writes('all', MIRROR, ['mirror/**']),
    writes(['team/**'], MIRROR),
    writes(['team/**'], TO_MIRROR),
  ])('finds none where what is written is out of scope', (writing) => {
    expect(findOwnInput(writing)).toBeUndefined();
  });
});
