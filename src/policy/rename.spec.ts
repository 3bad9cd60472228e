import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { parseRepositoryName } from '../oci/reference.ts';
import { compilePrefix, compileRule, findCollisions, renameRepository, type Rename } from './rename.ts';

const NONE: Rename = { kind: 'none' };

function rules(...specs: readonly (readonly [match: string, replace: string])[]): Rename {
  return { kind: 'rules', rules: specs.map(([match, replace]) => compileRule({ match, replace })) };
}

const anyName = fc.stringMatching(/^[ab](?:\/[ab]){0,2}$/).map(parseRepositoryName);

describe('renameRepository', () => {
  it.each<[string, Rename, string, string]>([
    ['nothing', NONE, 'team/app', 'team/app'],
    ['a prefix', compilePrefix('mirror/'), 'team/app', 'mirror/team/app'],
    ['a prefix within a segment', compilePrefix('eu-'), 'app', 'eu-app'],
    ['a rule', rules(['team/(.*)', 'mirror/$1']), 'team/app', 'mirror/app'],
    ['a rule that matches only a part', rules(['app', 'x']), 'team/app', 'team/app'],
    ['the first rule that matches', rules(['a.*', 'one'], ['.*', 'two']), 'abc', 'one'],
    ['a later rule', rules(['a.*', 'one'], ['.*', 'two']), 'xyz', 'two'],
    ['the whole name', rules(['.*', 'x/$0']), 'a', 'x/a'],
    ['a group before a digit', rules(['(.*)', '${1}0']), 'a', 'a0'],
    ['a group that took no part', rules(['(a)(b)?', 'x/$1$2']), 'a', 'x/a'],
  ])('renames by %s', (_name, rename, from, to) => {
    expect(renameRepository(rename, parseRepositoryName(from))).toBe(to);
  });

  it.each<[string, Rename]>([
    ['an upper-case name', rules(['(.*)', 'X$1'])],
    ['an empty name', rules(['(.*)', ''])],
    ['a name with a stray slash', rules(['(.*)', '$1/'])],
    ['a dollar sign', rules(['(.*)', '$$1'])],
  ])('refuses a rename to %s', (_name, rename) => {
    expect(() => renameRepository(rename, parseRepositoryName('app'))).toThrow(
      expect.objectContaining({ code: 'NAME_INVALID' }),
    );
  });

  it('refuses a name that the prefix makes too long', () => {
    const name = parseRepositoryName('a'.repeat(255));
    expect(() => renameRepository(compilePrefix('mirror/'), name)).toThrow('is no repository name');
  });
});

describe('compileRule', () => {
  it.each([
    ['(.*)', '$2', 'the replacement names group $2, and the pattern has 1'],
    ['.*', '$1', 'the replacement names group $1, and the pattern has 0'],
    ['(.*)', '$10', 'the replacement names group $10'],
    ['(.*)', '${2}', 'the replacement names group $2'],
    ['(.*)', 'a$', 'a "$" that names no group'],
    ['(.*)', '${name}', 'a "$" that names no group'],
    ['(', 'a', 'not a regular expression'],
    ['a'.repeat(513), 'a', 'too long'],
  ])('refuses %j → %j', (match, replace, complaint) => {
    expect(() => compileRule({ match, replace })).toThrow(complaint);
  });
});

describe('compilePrefix', () => {
  it.each(['', '/', '/mirror', 'Mirror/', 'mirror//', '-'])('refuses %j', (prefix) => {
    expect(() => compilePrefix(prefix)).toThrow(expect.objectContaining({ code: 'RENAME_INVALID' }));
  });
});

describe('findCollisions', () => {
  const flatten = rules(['(?:.*/)?([^/]*)', '$1']);

  it('lists the names that fall together', () => {
    const names = ['a/x', 'y', 'b/x', 'x'].map(parseRepositoryName);
    expect(findCollisions(flatten, names)).toEqual([{ secondary: 'x', primaries: ['a/x', 'b/x', 'x'] }]);
  });

  it('takes a name that is listed twice for one', () => {
    expect(findCollisions(NONE, ['a', 'a'].map(parseRepositoryName))).toEqual([]);
  });

  it('leaves out names that cannot be renamed', () => {
    expect(findCollisions(rules(['.*', 'X']), ['a', 'b'].map(parseRepositoryName))).toEqual([]);
  });

  it('finds none for a prefix, which keeps names apart', () => {
    fc.assert(
      fc.property(fc.array(anyName), (names) => {
        expect(findCollisions(compilePrefix('mirror/'), names)).toEqual([]);
      }),
    );
  });

  it('accounts for exactly the names that would be lost', () => {
    fc.assert(
      fc.property(fc.uniqueArray(anyName), (names) => {
        const written = new Set(names.map((name) => renameRepository(flatten, name)));
        const lost = findCollisions(flatten, names).reduce(
          (sum, { primaries }) => sum + primaries.length - 1,
          0,
        );
        expect(lost).toBe(names.length - written.size);
      }),
    );
  });
});
