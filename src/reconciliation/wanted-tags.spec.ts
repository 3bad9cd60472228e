import { describe, expect, it } from '@jest/globals';
import type { CycleScope } from '../state/link-cycle.ts';
import { wantedTags } from './wanted-tags.ts';

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

describe('the tags of a repository that a cycle is about', () => {
  it.each<[string, CycleScope, string, readonly string[]]>([
    ['all in a cycle of everything', { kind: 'all' }, 'team/app', []],
    ['those that it was named with', SCOPE, 'team/web', ['v1']],
    ['those of everybody who named it', SCOPE, 'team/app', ['v1', 'v2']],
    ['all where somebody asked for all', SCOPE, 'team/whole', []],
    ['all where it is due as well', SCOPE, 'team/late', []],
  ])('are %s', (_, scope, repository, tags) => {
    expect(wantedTags(scope, repository, ['team/late'])).toEqual(tags);
  });
});
