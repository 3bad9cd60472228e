import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { inspect } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { stringify } from 'yaml';

import { specOf, type Pattern, type PatternSpec } from '../policy/pattern.ts';
import { ConfigurationError, formatProblem } from './configuration-error.ts';
import type { Configuration, DatabaseConfiguration, RegistryConfiguration } from './configuration.ts';
import type { Environment } from './environment.ts';
import { loadConfiguration } from './load-configuration.ts';
import { configurationForPrinting } from './print-configuration.ts';

let directory: string;
let file: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'load-configuration-'));
  file = join(directory, 'geo-reconciler.yaml');
  writeFileSync(join(directory, 'us.secret'), 'canary-file\n');
  writeFileSync(join(directory, 'empty.secret'), '\n');
});
afterAll(() => {
  rmSync(directory, { recursive: true });
});

const ENVIRONMENT: Environment = {
  EU_PASSWORD: 'canary-eu',
  DATABASE_URL: 'postgres://geo:canary-db@db.example.com/geo',
  OPS_TOKEN: 'canary-ops',
  HOOK_TOKEN: 'canary-hook',
  CHAT_URL: 'https://chat.example.com/canary-chat',
  EMPTY: '',
};

/** A complete configuration of two registries and one link, to which each test adds what it is about. */
const REGISTRIES =
  'registries:\n  eu: { url: "https://eu.example.com" }\n  us: { url: "https://us.example.com" }\n';
const LINK = 'links:\n  - name: eu-to-us\n    primary: eu\n    secondaries: [us]\n';

function load(content: string, environment: Environment = ENVIRONMENT): Configuration {
  writeFileSync(file, content);
  return loadConfiguration(file, environment);
}

/** What is said of credentials that anybody on the way could read. */
const IN_CLEAR =
  '2:14 registries.eu.url: credentials would cross the network in clear: use https, or accept it with allowPlainHttp: true';

function passwordOf(registry: RegistryConfiguration | undefined): string | undefined {
  return registry?.credentials.kind === 'basic' ? registry.credentials.password.reveal() : undefined;
}

function databaseUrlOf(database: DatabaseConfiguration): string | undefined {
  return database.kind === 'postgres' ? database.url.reveal() : undefined;
}

function specsOf(patterns: readonly Pattern[] | 'all' | undefined): readonly PatternSpec[] {
  return patterns === undefined || patterns === 'all' ? [] : patterns.map(specOf);
}

/** Every problem as `line:column path: message`. */
function problemsOf(content: string, environment: Environment = ENVIRONMENT): readonly string[] {
  try {
    load(content, environment);
    return [];
  } catch (error) {
    return error instanceof ConfigurationError
      ? error.problems.map(
          ({ line, column, path, message }) => `${String(line)}:${String(column)} ${path}: ${message}`,
        )
      : [String(error)];
  }
}

/** Everything the service can be configured with. */
const COMPLETE = `
registries:
  eu: { url: https://registry.eu.example.com, credentials: { username: sync, password: { env: EU_PASSWORD } } }
  us: { url: http://127.0.0.1:5002, credentials: { username: sync, password: { file: us.secret } },
        allowPlainHttp: false,
        limits: { concurrency: 8, requestsPerSecond: 50, bytesPerSecond: 100MiB } }
  hub: { url: "https://registry-1.docker.io", credentials: docker }
links:
  - name: eu-to-us
    primary: eu
    secondaries: [us]
    repositories: { include: ["team/**"], exclude: ["team/scratch-*"] }
    rename: { prefix: "mirror/" }
    tags: { include: ["v*", { regex: "\\\\d+\\\\.\\\\d+" }, { semver: ">=1.2" }], exclude: ["*-rc*"], newest: 50 }
    platforms: ["linux/amd64", "linux/arm64"]
    platformMode: sparse
    referrers: none
    deletions: { orphans: delete, fallback: tombstone, maxPerRepository: 10%, maxPerCycle: 7, minAbsence: 1h30m, minObservations: 3, adoptForeign: true, sentinel: "team/app:canary" }
    schedule: "*/10 * * * *"
    verify: { depth: content, schedule: "0 3 * * *" }
    objective: { lag: 20m }
  - name: eu-to-hub
    primary: eu
    secondaries: [hub]
    rename: [{ match: "team/(.*)", replace: "acme/$1" }]
    deletions: { maxPerRepository: 4 }
database: { url: { env: DATABASE_URL } }
server: { host: 0.0.0.0, port: 9090, tokens: [ { name: ops, role: operator, token: { env: OPS_TOKEN } } ] }
notifications:
  incoming: [ { path: /hooks/eu, kind: distribution, registry: eu, secret: { env: HOOK_TOKEN } } ]
  outgoing: [ { name: chat, url: { env: CHAT_URL }, events: [failed] } ]
log: { level: debug }
`;

describe('loadConfiguration', () => {
  it('reads everything that can be configured', () => {
    const { registries, links, database, server, notifications, log } = load(COMPLETE);
    const [eu, us] = [registries.get('eu'), registries.get('us')];
    expect(eu).toMatchObject({
      origin: 'https://registry.eu.example.com',
      credentials: { kind: 'basic', username: 'sync' },
    });
    expect(us).toMatchObject({
      limits: { concurrency: 8, requestsPerSecond: 50, bytesPerSecond: 104_857_600 },
    });
    expect([eu, us].map(passwordOf)).toEqual(['canary-eu', 'canary-file']);
    expect(registries.get('hub')?.credentials.kind).toBe('docker');
    expect(links[0]).toMatchObject({
      name: 'eu-to-us',
      schedule: '*/10 * * * *',
      verification: { kind: 'scheduled', depth: 'content', schedule: '0 3 * * *' },
      objectiveLagSeconds: 1200,
      neighbours: [],
      policy: {
        rename: { kind: 'prefix', prefix: 'mirror/' },
        tags: { newest: { count: 50, by: 'version' } },
        platforms: {
          kind: 'only',
          mode: 'sparse',
          platforms: [
            { os: 'linux', architecture: 'amd64' },
            { os: 'linux', architecture: 'arm64' },
          ],
        },
        referrers: 'none',
        deletions: {
          orphans: 'delete',
          fallback: 'tombstone',
          authority: 'policy',
          perRepository: { kind: 'percent', n: 10 },
          budgetAuthority: 'policy',
          perCycle: 7,
          minAbsenceSeconds: 5400,
          minObservations: 3,
          adoptForeign: true,
          sentinel: { repository: 'team/app', tag: 'canary' },
        },
      },
    });
    expect(specsOf(links[0]?.policy.tags.include)).toEqual([
      'v*',
      { regex: '\\d+\\.\\d+' },
      { semver: '>=1.2' },
    ]);
    expect(links[0]?.primary).toBe(eu);
    expect(links[0]?.secondaries).toEqual([us]);
    expect(links[1]?.policy.deletions.perRepository).toEqual({ kind: 'count', n: 4 });
    expect(databaseUrlOf(database)).toBe(ENVIRONMENT.DATABASE_URL);
    expect(server).toMatchObject({
      host: '0.0.0.0',
      port: 9090,
      tokens: [{ name: 'ops', role: 'operator' }],
    });
    expect(notifications).toMatchObject({
      incoming: [{ path: '/hooks/eu', kind: 'distribution', registry: { name: 'eu' } }],
      outgoing: [{ name: 'chat', events: ['failed'] }],
    });
    expect(log).toEqual({ level: 'debug' });
  });

  it('fills in the defaults', () => {
    const configuration = load(REGISTRIES + LINK);
    expect(configurationForPrinting(configuration)).toEqual({
      registries: {
        eu: {
          url: 'https://eu.example.com',
          credentials: 'anonymous',
          tls: {},
          allowPlainHttp: false,
          limits: { concurrency: 16 },
        },
        us: {
          url: 'https://us.example.com',
          credentials: 'anonymous',
          tls: {},
          allowPlainHttp: false,
          limits: { concurrency: 16 },
        },
      },
      links: [
        {
          name: 'eu-to-us',
          primary: 'eu',
          secondaries: ['us'],
          repositories: { include: 'all', exclude: [] },
          rename: 'none',
          tags: { include: 'all', exclude: [] },
          platforms: 'all',
          referrers: 'all',
          deletions: {
            orphans: 'off',
            fallback: 'none',
            maxPerRepository: 'default',
            maxPerCycle: 100,
            minAbsence: '10m',
            minObservations: 2,
            adoptForeign: false,
          },
          schedule: '*/5 * * * *',
          verify: 'off',
          objective: { lag: '15m' },
        },
      ],
      database: { directory: resolve('data') },
      server: { host: '127.0.0.1', port: 8080, tokens: [] },
      notifications: { incoming: [], outgoing: [] },
      log: { level: 'info' },
    });
  });

  it.each<[string, string, readonly string[]]>([
    [
      'no registries',
      LINK,
      [
        '1:1 registries: is required',
        '3:14 links[0].primary: there is no registry of this name: there is none',
        '4:19 links[0].secondaries[0]: there is no registry of this name: there is none',
      ],
    ],
    ['no links', REGISTRIES, ['1:1 links: is required']],
    ['an empty list of links', `${REGISTRIES}links: []\n`, ['4:8 links: names no link']],
    ['a link that is no mapping', `${REGISTRIES}links: [eu]\n`, ['4:9 links[0]: must be a mapping']],
    [
      'an unknown key',
      `${REGISTRIES}${LINK}logs: {}\n`,
      ['8:1 logs: not known here; known are registries, links, database, server, notifications, log'],
    ],
    ['an unknown key of a link', `${REGISTRIES}${LINK}    tag: {}\n`, ['8:5 links[0].tag: not known here']],
    ['a key without a value', `${REGISTRIES}${LINK}    tags:\n`, ['8:5 links[0].tags: has no value']],
    [
      'a name with a space',
      `registries: { "a b": { url: "https://x" } }\n${LINK}`,
      [
        '1:15 registries["a b"]: a name has 1 to 64',
        '4:14 links[0].primary: there is no registry',
        '5:19 links[0].secondaries[0]: there is no',
      ],
    ],
    [
      'an unknown registry',
      `${REGISTRIES}${LINK.replace('[us]', '[asia]')}`,
      ['7:19 links[0].secondaries[0]: there is no registry of this name: known are "eu", "us"'],
    ],
    [
      'no secondary',
      `${REGISTRIES}${LINK.replace('[us]', '[]')}`,
      ['7:18 links[0].secondaries: names no registry'],
    ],
    [
      'one text for a list',
      `${REGISTRIES}${LINK.replace('[us]', 'us')}`,
      ['7:18 links[0].secondaries: write a list of registry names'],
    ],
    [
      'a secondary twice',
      `${REGISTRIES}${LINK.replace('[us]', '[us, us]')}`,
      ['7:23 links[0].secondaries[1]: this registry is already a secondary'],
    ],
    [
      'two links of one name',
      `${REGISTRIES}${LINK}  - { name: eu-to-us, primary: us, secondaries: [eu] }\n`,
      ['8:13 links[1].name: another link has this name'],
    ],
    [
      'a link onto itself',
      `${REGISTRIES}${LINK.replace('[us]', '[eu]')}`,
      ['7:19 links[0].secondaries[0]: primary and secondary are the same registry: choose another one'],
    ],
    [
      'a bad glob',
      `${REGISTRIES}${LINK}    tags: { include: ["v*", "["] }\n`,
      ['8:29 links[0].tags.include[1]: not a glob'],
    ],
    [
      'a bad regular expression',
      `${REGISTRIES}${LINK}    tags:\n      exclude:\n        - { regex: "(" }\n`,
      ['10:11 links[0].tags.exclude[0]: not a regular expression'],
    ],
    [
      'no newest tag at all',
      `${REGISTRIES}${LINK}    tags: { newest: 0 }\n`,
      ['8:21 links[0].tags.newest: write how many, like 50, or { count: 50, by: created }'],
    ],
    [
      'newest by nothing',
      `${REGISTRIES}${LINK}    tags: { newest: { count: 50 } }\n`,
      ['8:21 links[0].tags.newest.by: '],
    ],
    [
      'newest by something else',
      `${REGISTRIES}${LINK}    tags: { newest: { count: 0, by: push } }\n`,
      ['8:30 links[0].tags.newest.count: ', '8:37 links[0].tags.newest.by: '],
    ],
    [
      'an unknown key of newest',
      `${REGISTRIES}${LINK}    tags: { newest: { count: 5, by: created, at: now } }\n`,
      ['8:46 links[0].tags.newest.at: not known here; known are count, by'],
    ],
    [
      'a bad range',
      `${REGISTRIES}${LINK}    tags: { include: [{ semver: new }] }\n`,
      ['8:23 links[0].tags.include[0]: not a semver range'],
    ],
    [
      'two kinds in one pattern',
      `${REGISTRIES}${LINK}    tags: { include: [{ semver: ">1", regex: x }] }\n`,
      ['8:23 links[0].tags.include[0]: write a name or a glob'],
    ],
    [
      'a number for a tag',
      `${REGISTRIES}${LINK}    tags: { include: [1.2] }\n`,
      ['8:23 links[0].tags.include[0]: write a name or a glob'],
    ],
    [
      'an empty include',
      `${REGISTRIES}${LINK}    tags: { include: [] }\n`,
      ['8:22 links[0].tags.include: write all, or a list of patterns with at least one entry'],
    ],
    [
      'a tag that cannot be',
      `${REGISTRIES}${LINK}    tags: { include: ["a/b"] }\n`,
      ['8:23 links[0].tags.include[0]: "a/b" is no tag'],
    ],
    [
      'a repository that cannot be',
      `${REGISTRIES}${LINK}    repositories: { exclude: [Team] }\n`,
      ['8:31 links[0].repositories.exclude[0]: "Team" is no repository name'],
    ],
    [
      'versions of repositories',
      `${REGISTRIES}${LINK}    repositories: { include: [{ semver: ">1" }] }\n`,
      ['8:31 links[0].repositories.include[0]: versions are for tags'],
    ],
    [
      'a group that is missing',
      `${REGISTRIES}${LINK}    rename: [{ match: "(a)", replace: "$2" }]\n`,
      ['8:14 links[0].rename[0]: the replacement names group $2, and the pattern has 1'],
    ],
    [
      'a bad prefix',
      `${REGISTRIES}${LINK}    rename: { prefix: "Mirror/" }\n`,
      ['8:23 links[0].rename.prefix: no repository name can start with "Mirror/"'],
    ],
    [
      'a bad platform',
      `${REGISTRIES}${LINK}    platforms: [linux/amd64, amd64]\n`,
      ['8:30 links[0].platforms[1]: not a platform: "amd64"'],
    ],
    [
      'a budget of 0',
      `${REGISTRIES}${LINK}    deletions: { maxPerRepository: 0 }\n`,
      ['8:36 links[0].deletions.maxPerRepository: not a number of tags: "0"'],
    ],
    [
      'a budget above all',
      `${REGISTRIES}${LINK}    deletions: { maxPerRepository: 101% }\n`,
      ['8:36 links[0].deletions.maxPerRepository: more than all tags: "101%"'],
    ],
    [
      'a text for yes',
      `${REGISTRIES}${LINK}    deletions: { adoptForeign: yes }\n`,
      ['8:32 links[0].deletions.adoptForeign: write true or false'],
    ],
    [
      'a word that is no choice',
      `${REGISTRIES}${LINK}    deletions: { orphans: keep }\n`,
      ['8:27 links[0].deletions.orphans: Invalid option: expected one of "off"|"report"|"delete"'],
    ],
    [
      'a bad sentinel',
      `${REGISTRIES}${LINK}    deletions: { sentinel: team/app }\n`,
      ['8:28 links[0].deletions.sentinel: not a sentinel'],
    ],
    [
      'a duration without a unit',
      `${REGISTRIES}${LINK}    deletions: { minAbsence: 10 }\n`,
      ['8:30 links[0].deletions.minAbsence: write a duration with its unit'],
    ],
    [
      'an objective of nothing',
      `${REGISTRIES}${LINK}    objective: { lag: 0 }\n`,
      ['8:23 links[0].objective.lag: must be longer than 0'],
    ],
    [
      'a bad schedule',
      `${REGISTRIES}${LINK}    schedule: daily\n`,
      ['8:15 links[0].schedule: not a cron expression'],
    ],
    [
      'a schedule of every second',
      `${REGISTRIES}${LINK}    schedule: "* * * * * *"\n`,
      ['8:15 links[0].schedule: the schedule fires more often than every 10 seconds'],
    ],
    [
      'a verification without a schedule',
      `${REGISTRIES}${LINK}    verify: { depth: graph }\n`,
      ['8:13 links[0].verify.schedule: is required'],
    ],
    [
      'a size of nothing',
      `registries:\n  eu: { url: "https://eu", limits: { bytesPerSecond: 0 } }\n  us: { url: "https://us" }\n${LINK}`,
      ['2:54 registries.eu.limits.bytesPerSecond: write a size above 0'],
    ],
    [
      'too many requests at once',
      `registries:\n  eu: { url: "https://eu", limits: { concurrency: 1000 } }\n  us: { url: "https://us" }\n${LINK}`,
      ['2:51 registries.eu.limits.concurrency: Too big'],
    ],
    [
      'an open address without a token',
      `${REGISTRIES}${LINK}server: { host: 0.0.0.0 }\n`,
      ['8:17 server.host: others can reach this address'],
    ],
    [
      'a port that is a text',
      `${REGISTRIES}${LINK}server: { port: http }\n`,
      ['8:17 server.port: must be a number'],
    ],
    [
      'two kinds of database',
      `${REGISTRIES}${LINK}database: { url: { env: DATABASE_URL }, directory: data }\n`,
      ['8:11 database: write url or directory, not both'],
    ],
    [
      'a hook outside of /hooks/',
      `${REGISTRIES}${LINK}notifications: { incoming: [{ path: /eu, kind: distribution, registry: eu, secret: { env: HOOK_TOKEN } }] }\n`,
      ['8:37 notifications.incoming[0].path: write a path below /hooks/'],
    ],
    [
      'a hook of an unknown registry',
      `${REGISTRIES}${LINK}notifications: { incoming: [{ path: /hooks/x, kind: distribution, registry: x, secret: { env: HOOK_TOKEN } }] }\n`,
      ['8:77 notifications.incoming[0].registry: there is no registry of this name'],
    ],
    [
      'a variable in a text',
      `${REGISTRIES}${LINK}    tags: { include: ["v\${MAJOR}.*"] }\n`,
      ['8:23 links[0].tags.include[0]: "${…}" is not expanded'],
    ],
    [
      'a variable in a name',
      `${REGISTRIES}${LINK.replace('primary: eu', 'primary: ${PRIMARY}')}`,
      ['6:14 links[0].primary: "${…}" is not expanded'],
    ],
  ])('refuses %s', (_name, content, expected) => {
    expect(problemsOf(content)).toEqual(expected.map((problem) => expect.stringContaining(problem)));
  });

  it.each<[string, string, string]>([
    [
      'an unset variable',
      '{ env: UNSET }',
      '2:81 registries.eu.credentials.password.env: the environment variable UNSET is not set',
    ],
    [
      'an empty variable',
      '{ env: EMPTY }',
      '2:81 registries.eu.credentials.password.env: the environment variable EMPTY is empty',
    ],
    [
      'a missing file',
      '{ file: absent.secret }',
      '2:82 registries.eu.credentials.password.file: the file cannot be read (ENOENT)',
    ],
    [
      'an empty file',
      '{ file: empty.secret }',
      '2:82 registries.eu.credentials.password.file: the file is empty',
    ],
    [
      'a directory',
      '{ file: . }',
      '2:82 registries.eu.credentials.password.file: the file cannot be read (EISDIR)',
    ],
    [
      'a shell variable',
      '"${EU_PASSWORD}"',
      '2:74 registries.eu.credentials.password: "${…}" is not expanded: write { env: EU_PASSWORD }',
    ],
    ['nothing', '', '2:64 registries.eu.credentials.password: a secret is never written here'],
  ])('refuses %s for a secret', (_name, password, problem) => {
    const content = `registries:\n  eu: { url: "https://eu", credentials: { username: sync, password: ${password} } }\n  us: { url: "https://us" }\n${LINK}`;
    expect(problemsOf(content)).toEqual([expect.stringContaining(problem.slice(problem.indexOf(' ') + 1))]);
    expect(problemsOf(content)).toEqual([expect.stringMatching(/^2:/)]);
  });

  it('takes one line break from the end of a secret file', () => {
    writeFileSync(join(directory, 'lines.secret'), 'a\n\n');
    const content = `registries:\n  eu: { url: "https://eu", credentials: { username: u, password: { file: lines.secret } } }\n  us: { url: "https://us" }\n${LINK}`;
    expect(passwordOf(load(content).registries.get('eu'))).toBe('a\n');
  });

  it.each([
    ['http://127.0.0.1:5000', '', []],
    ['http://localhost:5000', '', []],
    ['https://registry.example.com', '', []],
    ['http://registry.example.com', '', [IN_CLEAR]],
    ['http://10.0.0.1:5000', '', [IN_CLEAR]],
    ['http://registry.example.com', ', allowPlainHttp: true', []],
  ])('judges whether credentials may go to %s%s', (url, more, problems) => {
    const content = `registries:\n  eu: { url: "${url}"${more}, credentials: { username: u, password: { env: EU_PASSWORD } } }\n  us: { url: "https://us" }\n${LINK}`;
    expect(problemsOf(content)).toEqual(problems);
  });

  it('says everything at once: form and meaning, of every part, in the order of the file', () => {
    const problems = problemsOf(
      [
        'registries:',
        '  eu: { url: eu.example.com, credentials: { username: sync, password: { env: UNSET } } }',
        '  us: { url: "https://us.example.com", limits: { concurency: 4 } }',
        'links:',
        '  - name: a',
        '    primary: nowhere',
        '    secondaries: [us]',
        '    tags: { include: [{ regex: "(" }] }',
        '  - name: a',
        '    secondaries: [elsewhere]',
        'server: { host: 0.0.0.0, port: many }',
        'more: 1',
      ].join('\n'),
    );
    expect(problems.map((problem) => problem.replace(/: .*/, ''))).toEqual([
      '2:14 registries.eu.url',
      '2:78 registries.eu.credentials.password.env',
      '3:50 registries.us.limits.concurency',
      '6:14 links[0].primary',
      '8:23 links[0].tags.include[0]',
      '9:5 links[1].primary',
      '9:11 links[1].name',
      '10:19 links[1].secondaries[0]',
      '11:17 server.host',
      '11:32 server.port',
      '12:1 more',
    ]);
  });

  describe('two links', () => {
    function two(first: string, second: string): readonly string[] {
      const registries =
        'registries:\n  a: { url: "https://a" }\n  b: { url: "https://b" }\n  c: { url: "https://c" }\n  c2: { url: "http://c:443" }\n';
      return problemsOf(
        `${registries}links:\n  - { name: one, primary: a, ${first} }\n  - { name: two, primary: b, ${second} }\n`,
      );
    }

    it.each([
      ['secondaries: [c]', 'secondaries: [c]'],
      ['secondaries: [c]', 'secondaries: [c2]'],
      [
        'secondaries: [c], repositories: { include: [x, y] }',
        'secondaries: [c], repositories: { include: [y] }',
      ],
      [
        'secondaries: [c], rename: { prefix: "m/" }',
        'secondaries: [c], repositories: { include: ["m/app"] }',
      ],
    ])('cannot write the same repository: %s and %s', (first, second) => {
      expect(two(first, second)).toEqual([
        expect.stringContaining(
          'links[1]: writes the same repositories of a secondary as the link one, like ',
        ),
      ]);
    });

    it.each([
      ['secondaries: [c]', 'secondaries: [a]'],
      [
        'secondaries: [c], repositories: { include: ["x/**"] }',
        'secondaries: [c], repositories: { include: ["y/**"] }',
      ],
      ['secondaries: [c], rename: { prefix: "a/" }', 'secondaries: [c], rename: { prefix: "b/" }'],
    ])('can write beside each other: %s and %s', (first, second) => {
      expect(two(first, second)).toEqual([]);
    });
  });

  describe('within one registry', () => {
    it('refuses a link that would read what it writes', () => {
      const problems = problemsOf(
        `${REGISTRIES}${LINK.replace('[us]', '[eu]')}    rename: { prefix: "mirror/" }\n`,
      );
      expect(problems).toEqual([
        expect.stringContaining('the link would read what it writes, like mirror/x: exclude it'),
      ]);
    });

    it('accepts a link that leaves out what it writes', () => {
      const more = '    rename: { prefix: "mirror/" }\n    repositories: { exclude: ["mirror/**"] }\n';
      expect(problemsOf(REGISTRIES + LINK.replace('[us]', '[eu]') + more)).toEqual([]);
    });
  });
});

describe('secrets', () => {
  /** The canary at every place where a secret can be written by mistake. */
  it.each([
    'credentials: { username: sync, password: canary-1 }',
    'credentials: { username: sync, password: { env: canary-1 } }',
    'credentials: { username: sync, password: { env: canary_1 } }',
    'credentials: { username: sync, password: { file: canary-1 } }',
    'credentials: { username: sync, password: { env: EU_PASSWORD, canary-1: x } }',
    'credentials: { username: sync, password: { canary-1 } }',
    'credentials: { username: sync, password: [canary-1] }',
    'credentials: { username: sync, password: "${canary-1}" }',
    'credentials: { username: sync, password: "$canary-1" }',
    'credentials: { username: sync, password: !canary-1 x }',
    'credentials: { username: sync, password: *canary-1 }',
    'credentials: { username: "sync:canary-1", password: { env: EU_PASSWORD } }',
    'credentials: { username: sync, canary-1: x }',
    'credentials: "sync:canary-1"',
  ])('are repeated in no message: %s', (credentials) => {
    const problems = problemsOf(
      `registries:\n  eu: { url: "https://eu", ${credentials} }\n  us: { url: "https://us" }\n${LINK}`,
    );
    expect(problems).not.toEqual([]);
    expect(problems.join('\n')).not.toContain('canary');
  });

  it.each([
    ['database: { url: "postgres://geo:canary-2@db/geo" }'],
    ['database: { url: { env: BAD } }'],
    ['server: { tokens: [{ name: ops, role: viewer, token: canary-2 }] }'],
    ['server: { tokens: [{ name: ops, role: viewer, token: { env: BAD } }] }'],
    [
      'server: { tokens: [{ name: a, role: viewer, token: { env: TWICE } }, { name: b, role: viewer, token: { env: TWICE } }] }',
    ],
    ['notifications: { incoming: [{ path: /hooks/x, kind: distribution, registry: eu, secret: canary-2 }] }'],
    ['notifications: { outgoing: [{ name: x, url: "https://chat/canary-2" }] }'],
    ['notifications: { outgoing: [{ name: x, url: { env: BAD } }] }'],
  ])('of the service are repeated in no message: %s', (more) => {
    const problems = problemsOf(`${REGISTRIES}${LINK}${more}\n`, { BAD: 'canary 2', TWICE: 'canary-2' });
    expect(problems).toHaveLength(1);
    expect(problems.join('\n')).not.toContain('canary');
  });

  it('are in no print of a configuration that holds them', () => {
    const configuration = load(COMPLETE);
    const prints = [
      JSON.stringify(configurationForPrinting(configuration)),
      stringify(configurationForPrinting(configuration)),
      inspect(configuration, { depth: null, showHidden: true }),
      JSON.stringify({ ...configuration, registries: [...configuration.registries.values()] }),
    ];
    expect(prints.join('\n').replaceAll('team/app:canary', '')).not.toMatch(
      /canary-(?:eu|db|ops|hook|chat|file)/,
    );
    expect(prints[0]).toContain('"password":"***"');
  });
});

describe('the printed configuration', () => {
  it('can be read again with references in the place of secrets, and means the same', () => {
    const printed = stringify(configurationForPrinting(load(COMPLETE)));
    const references = ['EU_PASSWORD', 'EU_PASSWORD', 'DATABASE_URL', 'OPS_TOKEN', 'HOOK_TOKEN', 'CHAT_URL'];
    const restored = references.reduce((text, name) => text.replace('"***"', `{ env: ${name} }`), printed);
    expect(restored).not.toContain('***');
    expect(stringify(configurationForPrinting(load(restored)))).toBe(printed);
  });

  it.each([
    ['newest: 50', 50],
    ['newest: { count: 50, by: version }', 50],
    ['newest: { count: 50, by: created }', { count: 50, by: 'created' }],
  ])('shows %s in its shortest form', (newest, expected) => {
    const printed = configurationForPrinting(load(`${REGISTRIES}${LINK}    tags: { ${newest} }\n`));
    expect(printed.links).toMatchObject([{ tags: { newest: expected } }]);
    expect(configurationForPrinting(load(stringify(printed)))).toEqual(printed);
  });

  it('is complete with the defaults alone', () => {
    const printed = stringify(configurationForPrinting(load(REGISTRIES + LINK)));
    expect(stringify(configurationForPrinting(load(printed)))).toBe(printed);
  });
});

describe('ConfigurationError', () => {
  it('has one line for each problem, in a form that editors make links of', () => {
    expect(
      formatProblem({ path: 'links[0].name', file: 'geo.yaml', line: 3, column: 10, message: 'is bad' }),
    ).toBe('geo.yaml:3:10: links[0].name: is bad');
    expect(formatProblem({ path: '--link', file: null, line: null, column: null, message: 'is bad' })).toBe(
      '--link: is bad',
    );
  });

  it('leaves the file as it was', () => {
    const content = `${REGISTRIES}links: []\n`;
    expect(problemsOf(content)).toHaveLength(1);
    expect(readFileSync(file, 'utf8')).toBe(content);
  });
});
