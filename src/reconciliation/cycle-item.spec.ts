import { describe, expect, it } from '@jest/globals';
import { parseRepositoryName } from '../oci/reference.ts';
import type { CycleScope } from '../state/link-cycle.ts';
import { cycleItemOf } from './cycle-item.ts';

const SCOPE: CycleScope = {
  kind: 'some',
  due: 'with-due',
  patterns: ['team/*'],
  tags: ['v1'],
  also: [
    { patterns: ['team/app'], tags: ['v2', 'v1'] },
    { patterns: ['team/whole'], tags: [] },
  ],
};

const BEGINNING = {
  due: [
    { name: 'team/late', secondary: 'us' },
    { name: 'other/late', secondary: 'us' },
  ],
  reached: ['us', 'asia'],
};

function itemOf(scope: CycleScope, name: string): ReturnType<typeof cycleItemOf> {
  return cycleItemOf(scope, { name: parseRepositoryName(name), namedBy: 'catalog' }, BEGINNING);
}

describe('the tags of a repository that a cycle is about', () => {
  it.each<[string, CycleScope, string, readonly string[]]>([
    ['all in a cycle of everything', { kind: 'all' }, 'team/app', []],
    ['those that it was named with', SCOPE, 'team/web', ['v1']],
    ['those of everybody who named it', SCOPE, 'team/app', ['v1', 'v2']],
    ['all where somebody asked for all', SCOPE, 'team/whole', []],
    ['all where it is due as well', SCOPE, 'team/late', []],
  ])('are %s', (_, scope, repository, tags) => {
    expect(itemOf(scope, repository).tags).toEqual(tags);
  });
});

describe('the secondaries on which a cycle works on a repository', () => {
  it.each<[string, CycleScope, string, readonly string[]]>([
    ['all in a cycle of everything', { kind: 'all' }, 'other/late', ['us', 'asia']],
    ['all where it was named', SCOPE, 'team/late', ['us', 'asia']],
    ['those on which it is due, and no others', SCOPE, 'other/late', ['us']],
  ])('are %s', (_, scope, repository, secondaries) => {
    expect(itemOf(scope, repository).secondaries).toEqual(secondaries);
  });
});
