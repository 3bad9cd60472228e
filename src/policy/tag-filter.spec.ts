import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { parseTag, type Tag } from '../oci/reference.ts';
import { compilePattern, type Pattern, type PatternSpec } from './pattern.ts';
import {
  ALL_TAGS,
  isTagInFilter,
  selectSecondaryTags,
  selectTags,
  type CreationTimes,
  type TagFilter,
} from './tag-filter.ts';

function patterns(...specs: readonly PatternSpec[]): readonly Pattern[] {
  return specs.map(compilePattern);
}

function tags(...names: readonly string[]): readonly Tag[] {
  return names.map(parseTag);
}

const RELEASES: TagFilter = { include: patterns('v*'), exclude: patterns('*-rc*') };

const CREATED: TagFilter = { ...ALL_TAGS, newest: { count: 2, by: 'created' } };

function createdOn(days: Readonly<Record<string, number | null | undefined>>): CreationTimes {
  return new Map(
    Object.entries(days).map(([tag, day = null]) => [
      parseTag(tag),
      day === null ? null : new Date(day * 86_400_000),
    ]),
  );
}

describe('selectTags', () => {
  it('selects every tag without a filter, in the order of the listing', () => {
    const listing = tags('b', 'a', '__proto__');
    expect(selectTags(ALL_TAGS, listing)).toEqual({ selected: listing, dropped: [] });
  });

  it('names the rule that keeps a tag out', () => {
    const filter: TagFilter = { ...RELEASES, newest: { count: 1, by: 'version' } };
    expect(selectTags(filter, tags('v1.0.0', 'latest', 'v2.0.0-rc1', 'v2.0.0'))).toEqual({
      selected: ['v2.0.0'],
      dropped: [
        { tag: 'v1.0.0', reason: 'FILTERED_TAG', message: 'is not among the 1 newest tags' },
        { tag: 'latest', reason: 'FILTERED_TAG', message: 'matches no include pattern' },
        { tag: 'v2.0.0-rc1', reason: 'FILTERED_TAG', message: 'matches the exclude pattern "*-rc*"' },
      ],
    });
  });

  it('counts only tags that pass include and exclude among the newest', () => {
    const filter: TagFilter = { ...RELEASES, newest: { count: 2, by: 'version' } };
    expect(selectTags(filter, tags('9.9.9', 'v3.0.0-rc1', 'v1.0.0', 'v2.0.0')).selected).toEqual([
      'v1.0.0',
      'v2.0.0',
    ]);
  });

  it.each([
    [
      'the last created, whatever its name',
      { 'v1.0.0': 30, 'v2.0.0': 20, nightly: 40 },
      ['v1.0.0', 'nightly'],
    ],
    [
      'by version what was created at the same time',
      { 'v1.0.0': 5, 'v2.0.0': 5, 'v3.0.0': 5 },
      ['v2.0.0', 'v3.0.0'],
    ],
    ['what has no time after all that has one', { a: 1, b: null, c: 2, 'v1.0.0': null }, ['a', 'c']],
    ['by version what has no time', { 'v1.0.0': null, 'v2.0.0': null, 'v1.5.0': null }, ['v2.0.0', 'v1.5.0']],
  ])('keeps by creation time %s', (_name, days, expected) => {
    const selection = selectTags(CREATED, tags(...Object.keys(days)), createdOn(days));
    expect(selection.selected).toEqual(expected);
    expect(new Set(selection.dropped.map(({ message }) => message))).toEqual(
      new Set(['is not among the 2 newest tags by creation time']),
    );
  });

  it('keeps, beside the newest by creation time, what is not there to be asked', () => {
    const listing = tags('gone', 'v1', 'v2', 'v3');
    const { selected, dropped } = selectTags(CREATED, listing, createdOn({ v1: 1, v2: 2, v3: 3 }));
    expect(selected).toEqual(['gone', 'v2', 'v3']);
    expect(dropped.map(({ tag }) => tag)).toEqual(['v1']);
  });

  it('selects or drops every tag exactly once, and at most the newest', () => {
    const anyTag = fc.stringMatching(/^[a-z0-9][a-z0-9.]{0,4}$/).map(parseTag);
    fc.assert(
      fc.property(fc.uniqueArray(anyTag), fc.integer({ min: 1, max: 5 }), (listing, newest) => {
        const by = 'version';
        const { selected, dropped } = selectTags(
          { include: 'all', exclude: patterns('a*'), newest: { count: newest, by } },
          listing,
        );
        expect([...selected, ...dropped.map(({ tag }) => tag)].sort()).toEqual([...listing].sort());
        expect(selected.length).toBe(Math.min(newest, listing.filter((tag) => !tag.startsWith('a')).length));
      }),
    );
  });
});

describe('selectSecondaryTags', () => {
  it('ignores what the filter keeps out, so that a mistyped filter makes no orphans (DS-25)', () => {
    const primary = selectTags(RELEASES, tags('v1'));
    const secondary = selectSecondaryTags(RELEASES, tags('v1', 'v0', 'main', 'v2-rc1'), primary);
    expect(secondary.selected).toEqual(['v1', 'v0']);
    expect(secondary.dropped.map(({ tag }) => tag)).toEqual(['main', 'v2-rc1']);
  });

  it('ignores a tag that the primary still has and only `newest` dropped there', () => {
    const filter: TagFilter = { ...ALL_TAGS, newest: { count: 1, by: 'version' } };
    const primary = selectTags(filter, tags('v1.0.0', 'v2.0.0'));
    expect(selectSecondaryTags(filter, tags('v1.0.0', 'v2.0.0'), primary)).toEqual({
      selected: ['v2.0.0'],
      dropped: [{ tag: 'v1.0.0', reason: 'FILTERED_TAG', message: 'is not among the 1 newest tags' }],
    });
  });

  it.each(['v0.1.0', 'v9.0.0'])('looks at %s, which the primary lacks, however old it is', (orphan) => {
    const filter: TagFilter = { ...ALL_TAGS, newest: { count: 1, by: 'version' } };
    const primary = selectTags(filter, tags('v1.0.0', 'v2.0.0'));
    expect(selectSecondaryTags(filter, tags(orphan), primary).selected).toEqual([orphan]);
  });
});

describe('isTagInFilter', () => {
  it.each([
    ['v1', true],
    ['v1-rc1', false],
    ['main', false],
  ])('lets %s through: %s', (tag, expected) => {
    expect(isTagInFilter({ ...RELEASES, newest: { count: 1, by: 'version' } }, parseTag(tag))).toBe(expected);
  });
});
