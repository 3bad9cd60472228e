import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { parseRepositoryName } from '../oci/reference.ts';
import { compilePattern } from '../policy/pattern.ts';
import { hashOfFilters } from '../policy/policy-hash.ts';
import { exactNames, isInScope } from '../policy/repository-scope.ts';
import type { Configuration } from './configuration.ts';
import { loadConfiguration } from './load-configuration.ts';
import { selectConfiguration } from './selection.ts';

const CONTENT = `
registries:
  a: { url: "https://a" }
  b: { url: "https://b" }
  c: { url: "https://c" }
links:
  - { name: one, primary: a, secondaries: [b], repositories: { include: ["team/**"] }, deletions: { maxPerRepository: 1 } }
  - { name: two, primary: a, secondaries: [c], repositories: { include: [x, y] } }
`;

describe('selectConfiguration', () => {
  let directory: string;
  let configuration: Configuration;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'selection-'));
    writeFileSync(join(directory, 'geo-reconciler.yaml'), CONTENT);
    configuration = loadConfiguration(join(directory, 'geo-reconciler.yaml'), {});
  });
  afterAll(() => {
    rmSync(directory, { recursive: true });
  });

  it('leaves everything as it is without a selection', () => {
    expect(selectConfiguration(configuration, { link: [], repository: [] })).toEqual(configuration);
  });

  it('keeps the links that are asked for, in the order of the file', () => {
    const names = (link: readonly string[]): readonly string[] =>
      selectConfiguration(configuration, { link, repository: [] }).links.map(({ name }) => name);
    expect(names(['two'])).toEqual(['two']);
    expect(names(['two', 'one', 'two'])).toEqual(['one', 'two']);
  });

  it('narrows the scope to what is both configured and asked for', () => {
    const { links } = selectConfiguration(configuration, {
      link: [],
      repository: ['team/app', 'x', 'other'],
    });
    expect(links.map(({ policy }) => exactNames(policy.repositories))).toEqual([['team/app'], ['x']]);
    expect(links.map(({ policy }) => isInScope(policy.repositories, parseRepositoryName('team/b')))).toEqual([
      false,
      false,
    ]);
  });

  it('does not blame --repository for a configuration that leaves everything out', () => {
    const [one] = configuration.links;
    const exclude = [compilePattern('**')];
    const include = [compilePattern('team/app')];
    const empty = { ...one!, policy: { ...one!.policy, repositories: { include, exclude } } };
    const selected = selectConfiguration({ ...configuration, links: [empty] }, { link: [], repository: [] });
    expect(selected.links).toEqual([empty]);
  });

  it('does not change the hash of the filters, which would hold deletions back', () => {
    const hashes = (from: Configuration): readonly string[] =>
      from.links.map(({ policy }) => hashOfFilters(policy));
    const selected = selectConfiguration(configuration, {
      link: [],
      repository: ['team/*'],
      maxDeletions: '3',
    });
    expect(hashes(selected)).toEqual(hashes(configuration));
  });

  it('replaces the budget of each repository by the word of the operator', () => {
    const { links } = selectConfiguration(configuration, {
      link: ['one'],
      repository: [],
      maxDeletions: '20%',
    });
    expect(links[0]?.policy.deletions).toMatchObject({
      perRepository: { kind: 'percent', n: 20 },
      budgetAuthority: 'operator-word',
      perCycle: Number.MAX_SAFE_INTEGER,
      authority: 'policy',
    });
  });

  it.each([
    [{ link: ['three'], repository: [] }, '--link: there is no link "three": known are "one", "two"'],
    [{ link: [], repository: ['['] }, '--repository: not a glob'],
    [{ link: [], repository: ['Team'] }, '--repository: "Team" is no repository name'],
    [
      { link: [], repository: ['other'] },
      '--repository: no selected link has such a repository in its scope',
    ],
    [
      { link: ['two'], repository: ['team/app'] },
      '--repository: no selected link has such a repository in its scope',
    ],
    [{ link: [], repository: [], maxDeletions: 'all' }, '--max-deletions: not a number of tags: "all"'],
  ])('refuses %j', (selection, problem) => {
    expect(() => selectConfiguration(configuration, selection)).toThrow(problem);
  });
});
