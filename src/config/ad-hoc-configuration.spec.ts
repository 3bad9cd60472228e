import { resolve } from 'node:path';

import { describe, expect, it } from '@jest/globals';

import { adHocConfiguration, type AdHocOptions } from './ad-hoc-configuration.ts';
import { ConfigurationError } from './configuration-error.ts';

const OPTIONS: AdHocOptions = {
  primary: 'http://localhost:5000',
  secondary: ['http://localhost:5001'],
  repository: [],
  tag: [],
  platform: [],
  deleteOrphans: false,
  deleteFallback: 'none',
};

/** Every problem as `flag: message`. */
function problemsOf(options: Partial<AdHocOptions>): readonly string[] {
  try {
    adHocConfiguration({ ...OPTIONS, ...options }, {});
    return [];
  } catch (error) {
    return error instanceof ConfigurationError ? error.message.split('\n') : [String(error)];
  }
}

describe('adHocConfiguration', () => {
  it('is one link of registries named by host and port, with the credentials of docker login and state in memory', () => {
    const configuration = adHocConfiguration(
      { ...OPTIONS, secondary: ['https://a.example.com', 'http://localhost:5001'] },
      {},
    );
    expect([...configuration.registries.keys()]).toEqual([
      'localhost:5000',
      'a.example.com',
      'localhost:5001',
    ]);
    expect(configuration.database).toEqual({ kind: 'memory' });
    expect(configuration.links).toMatchObject([
      {
        name: 'ad-hoc',
        primary: {
          name: 'localhost:5000',
          origin: 'http://localhost:5000',
          credentials: { kind: 'docker' },
          limits: { concurrency: 16 },
        },
        secondaries: [{ name: 'a.example.com' }, { name: 'localhost:5001' }],
        schedule: '*/5 * * * *',
        objectiveLagSeconds: 900,
        neighbours: [],
        policy: {
          repositories: { include: 'all', exclude: [] },
          tags: { include: 'all', exclude: [] },
          platforms: { kind: 'all' },
          deletions: { orphans: 'off', authority: 'policy', perCycle: 100 },
        },
      },
    ]);
  });

  it('keeps state in the directory that is named', () => {
    expect(adHocConfiguration({ ...OPTIONS, data: 'state' }, {}).database).toEqual({
      kind: 'embedded',
      directory: resolve('state'),
    });
  });

  it('takes --delete-orphans for the word of the operator', () => {
    const options: AdHocOptions = { ...OPTIONS, deleteOrphans: true, deleteFallback: 'tombstone' };
    expect(adHocConfiguration(options, {}).links[0]?.policy.deletions).toMatchObject({
      orphans: 'delete',
      fallback: 'tombstone',
      authority: 'operator-word',
      perRepository: { kind: 'default' },
      budgetAuthority: 'policy',
      perCycle: 100,
    });
  });

  it('lifts the limit per cycle with an explicit budget, since no flag could raise it', () => {
    const { deletions } = adHocConfiguration({ ...OPTIONS, deleteOrphans: true, maxDeletions: '50%' }, {})
      .links[0]!.policy;
    expect(deletions.perRepository).toEqual({ kind: 'percent', n: 50 });
    expect(deletions.budgetAuthority).toBe('operator-word');
    expect(deletions.perCycle).toBe(Number.MAX_SAFE_INTEGER);
  });

  it('selects by patterns and platforms', () => {
    const options: AdHocOptions = {
      ...OPTIONS,
      repository: ['team/**', 'a'],
      tag: ['v*'],
      platform: ['linux/arm64'],
    };
    expect(adHocConfiguration(options, {}).links[0]?.policy).toMatchObject({
      repositories: {
        include: [
          { kind: 'glob', text: 'team/**' },
          { kind: 'exact', text: 'a' },
        ],
      },
      tags: { include: [{ kind: 'glob', text: 'v*' }] },
      platforms: { kind: 'only', platforms: [{ os: 'linux', architecture: 'arm64' }], mode: 'filtered' },
    });
  });

  it('keeps two registries apart that only the scheme tells apart', () => {
    const options: AdHocOptions = {
      ...OPTIONS,
      primary: 'http://r.example.com',
      secondary: ['https://r.example.com'],
    };
    expect([...adHocConfiguration(options, {}).registries.keys()]).toEqual([
      'r.example.com',
      'r.example.com:443',
    ]);
  });

  it.each<[string, Partial<AdHocOptions>, readonly string[]]>([
    [
      'a URL without a scheme',
      { primary: 'localhost:5000' },
      ['--primary: the scheme is missing: write http://localhost:5000'],
    ],
    ['no secondary', { secondary: [] }, ['--secondary: is required beside --primary']],
    [
      'the primary as secondary',
      { secondary: ['http://127.0.0.1:5000'] },
      ['--secondary: http://127.0.0.1:5000 is the primary itself'],
    ],
    [
      'a secondary twice',
      { secondary: ['http://localhost:1', 'http://localhost:1/'] },
      ['--secondary: http://localhost:1 is given twice'],
    ],
    [
      'a tombstone without deletions',
      { deleteFallback: 'tombstone' },
      ['--delete-fallback: has no effect without --delete-orphans'],
    ],
    [
      'everything at once',
      { primary: 'x', repository: ['app:v1', '['], tag: ['a/b'], platform: ['amd64'], maxDeletions: '0' },
      [
        '--primary: the scheme is missing: write https://x',
        '--repository: not a glob: a "[" without its "]"',
        '--repository: "app:v1" is no repository name: these have lower-case letters, digits, and . _ - / between them',
        '--tag: "a/b" is no tag: these have letters, digits and . _ -',
        '--platform: not a platform: "amd64": write os/architecture or os/architecture/variant, like linux/arm64',
        '--max-deletions: not a number of tags: "0": write a whole number above 0, like 10, or a percentage up to 100%',
      ],
    ],
  ])('refuses %s', (_name, options, expected) => {
    expect([...problemsOf(options)].sort()).toEqual([...expected].sort());
  });

  it('does not repeat a password in a URL', () => {
    const problems = problemsOf({ primary: 'https://u:canary-3@host', secondary: ['u:canary-3@host'] });
    expect(problems).toHaveLength(2);
    expect(problems.join()).not.toContain('canary');
  });
});
