import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { kindOf, linkCycleOf, mergeCauses, mergeScopes, namedIn, type CycleScope } from './link-cycle.ts';

const ALL: CycleScope = { kind: 'all' };
const DUE: CycleScope = { kind: 'some', due: 'with-due', patterns: [], tags: [] };

function named(patterns: readonly string[], tags: readonly string[] = []): CycleScope {
  return { kind: 'some', due: 'only-named', patterns, tags };
}

describe('two wishes for one link', () => {
  it.each<[CycleScope, CycleScope, CycleScope]>([
    [ALL, DUE, ALL],
    [named(['team/app']), ALL, ALL],
    [named(['team/app'], ['v1']), ALL, ALL],
    [
      named(['team/app']),
      named(['team/web', 'team/app']),
      { ...DUE, due: 'only-named', patterns: ['team/app', 'team/web'] },
    ],
    [named(['team/app']), DUE, { ...DUE, patterns: ['team/app'] }],
    [named(['team/app'], ['v1']), named(['team/app'], ['v2']), named(['team/app'], ['v1', 'v2'])],
    [named(['team/app'], ['v1']), named(['team/app']), named(['team/app'])],
    [named(['team/app'], ['v1']), named(['team/web'], ['v1']), named(['team/app', 'team/web'], ['v1'])],
    [
      named(['team/app'], ['v1']),
      named(['team/web'], ['v2']),
      {
        kind: 'some',
        due: 'only-named',
        patterns: ['team/app'],
        tags: ['v1'],
        also: [{ patterns: ['team/web'], tags: ['v2'] }],
      },
    ],
  ])('become one that does what both ask for: %j and %j', (one, other, merged) => {
    expect(mergeScopes(one, other)).toEqual(merged);
  });

  it.each([
    ['schedule', 'operator', 'operator'],
    ['operator', 'schedule', 'operator'],
    ['retry', 'event', 'event'],
    ['retry', 'schedule', 'schedule'],
    ['retry', 'retry', 'retry'],
  ] as const)('keep the weightier cause: %s and %s', (one, other, merged) => {
    expect(mergeCauses(one, other)).toBe(merged);
  });

  it('lose nothing that was asked for and add nothing, however many come together', () => {
    fc.assert(
      fc.property(fc.array(anyScope, { minLength: 1, maxLength: 6 }), ([first, ...others]) => {
        const merged = others.reduce(mergeScopes, first!);
        const asked = [first!, ...others];
        for (const repository of REPOSITORIES) {
          for (const tag of TAGS) {
            expect(covers(merged, repository, tag)).toBe(
              asked.some((scope) => covers(scope, repository, tag)),
            );
          }
        }
        expect(takesDue(merged)).toBe(asked.some(takesDue));
      }),
    );
  });

  it.each([
    [{ command: 'sync', mode: 'diff' }, 'sync'],
    [{ command: 'sync', mode: 'recopy' }, 'recopy'],
    [{ command: 'plan' }, 'plan'],
    [{ command: 'verify', depth: 'graph' }, 'verify'],
  ] as const)('%j joins only those of kind %s', (work, kind) => {
    expect(kindOf(work)).toBe(kind);
  });
});

it('reads rows of the release before: no mode is a diff, and no tags are all', () => {
  const row = {
    ...{ id: 'cycle-1', link: 'eu-to-us', cause: 'operator', status: 'waiting', listing: null },
    ...{ requestedAt: new Date(0), startedAt: null, finishedAt: null, cancelledAt: null, dispatchedAt: null },
    ...{ onlyFor: null, stages: {}, continuedIn: null },
    work: { command: 'sync' },
    scope: { kind: 'some', due: 'only-named', patterns: ['team/app'] },
  };
  expect(linkCycleOf(row)).toMatchObject({
    work: { command: 'sync', mode: 'diff' },
    scope: named(['team/app']),
  });
});

const REPOSITORIES = ['a', 'b', 'c'];
const TAGS = ['1', '2', '3'];

const anyScope: fc.Arbitrary<CycleScope> = fc.oneof(
  { weight: 1, arbitrary: fc.constant(ALL) },
  {
    weight: 9,
    arbitrary: fc.record({
      kind: fc.constant('some' as const),
      due: fc.constantFrom('with-due' as const, 'only-named' as const),
      patterns: fc.subarray(REPOSITORIES),
      tags: fc.subarray(TAGS),
    }),
  },
);

/** Whether a scope names a tag of a repository; patterns here are plain names. */
function covers(scope: CycleScope, repository: string, tag: string): boolean {
  if (scope.kind === 'all') return true;
  return namedIn(scope).some(
    ({ patterns, tags }) => patterns.includes(repository) && (tags.length === 0 || tags.includes(tag)),
  );
}

function takesDue(scope: CycleScope): boolean {
  return scope.kind === 'all' || scope.due === 'with-due';
}
