import { describe, expect, it } from '@jest/globals';

import { compilePattern, type Pattern, type PatternSpec } from './pattern.ts';
import { parsePlatform, type PlatformPolicy } from './platform-policy.ts';
import { hashOfFilters } from './policy-hash.ts';
import { compilePrefix, compileRule } from './rename.ts';

type Filters = Parameters<typeof hashOfFilters>[0];

function patterns(...specs: readonly PatternSpec[]): readonly Pattern[] {
  return specs.map(compilePattern);
}

function only(mode: 'filtered' | 'sparse', ...platforms: readonly string[]): PlatformPolicy {
  return { kind: 'only', platforms: platforms.map(parsePlatform), mode };
}

const RULES = [compileRule({ match: 'a', replace: 'b' }), compileRule({ match: 'b', replace: 'c' })];

const BASE: Filters = {
  repositories: { include: patterns('a', 'b*'), exclude: patterns('c') },
  rename: { kind: 'rules', rules: RULES },
  tags: { include: patterns('v*'), exclude: [], newest: { count: 5, by: 'version' } },
  platforms: only('filtered', 'linux/amd64', 'linux/arm64'),
};

describe('hashOfFilters', () => {
  it('is a SHA-256 in hexadecimal', () => {
    expect(hashOfFilters(BASE)).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each<[string, Filters]>([
    [
      'the order of patterns',
      { ...BASE, repositories: { ...BASE.repositories, include: patterns('b*', 'a') } },
    ],
    [
      'a pattern that is there twice',
      { ...BASE, repositories: { ...BASE.repositories, include: patterns('a', 'b*', 'a') } },
    ],
    ['the order of platforms', { ...BASE, platforms: only('filtered', 'linux/arm64', 'linux/amd64') }],
    ['a narrowing', { ...BASE, repositories: { ...BASE.repositories, narrowedTo: patterns('a') } }],
  ])('does not depend on %s', (_name, filters) => {
    expect(hashOfFilters(filters)).toBe(hashOfFilters(BASE));
  });

  it.each<[string, Filters]>([
    ['an include', { ...BASE, repositories: { ...BASE.repositories, include: patterns('a') } }],
    ['all instead of a list', { ...BASE, repositories: { ...BASE.repositories, include: 'all' } }],
    ['a pattern named all', { ...BASE, repositories: { ...BASE.repositories, include: patterns('all') } }],
    ['an exclude', { ...BASE, repositories: { ...BASE.repositories, exclude: [] } }],
    ['a tag include', { ...BASE, tags: { ...BASE.tags, include: patterns({ regex: 'v*' }) } }],
    ['a tag exclude', { ...BASE, tags: { ...BASE.tags, exclude: patterns('x') } }],
    ['newest', { ...BASE, tags: { ...BASE.tags, newest: { count: 6, by: 'version' } } }],
    ['the order of newest', { ...BASE, tags: { ...BASE.tags, newest: { count: 5, by: 'created' } } }],
    ['no newest', { ...BASE, tags: { include: BASE.tags.include, exclude: [] } }],
    ['a prefix', { ...BASE, rename: compilePrefix('b/') }],
    ['no rename', { ...BASE, rename: { kind: 'none' } }],
    [
      'the order of rules',
      {
        ...BASE,
        rename: { kind: 'rules', rules: [...RULES].reverse() },
      },
    ],
    ['a platform', { ...BASE, platforms: only('filtered', 'linux/amd64') }],
    ['the platform mode', { ...BASE, platforms: only('sparse', 'linux/amd64', 'linux/arm64') }],
    ['all platforms', { ...BASE, platforms: { kind: 'all' } }],
  ])('changes with %s', (_name, filters) => {
    expect(hashOfFilters(filters)).not.toBe(hashOfFilters(BASE));
  });

  it('stays what it was: another value holds deletions back everywhere after an upgrade', () => {
    expect(hashOfFilters({ ...BASE, rename: { kind: 'none' }, platforms: { kind: 'all' } })).toBe(
      '1f7d93936437e9204440c8c094cc6c1792515e2e1ab2cda98f48d4837db3f488',
    );
  });
});
