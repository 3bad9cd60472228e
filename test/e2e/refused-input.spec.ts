import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { runCommandLine } from './command-line.ts';
import { startStub, type StubServer } from './stub-servers.ts';
import { WorkDirectory } from './work-directory.ts';

let listener: StubServer;
let directory: WorkDirectory;

beforeAll(async () => {
  listener = await startStub((_request, response) => {
    response.writeHead(500).end();
  });
  directory = await WorkDirectory.create();
});

afterAll(async () => {
  await Promise.all([listener.stop(), directory.remove()]);
});

describe('a command line that cannot be right', () => {
  const adHoc = ['--primary', 'http://127.0.0.1:1', '--secondary', 'http://127.0.0.1:2'];

  it.each([
    ['sink', /unknown command 'sink'/],
    ['sync AD-HOC --outptu json', /unknown option '--outptu'/],
    ['sync AD-HOC --output xml', /--output.*Allowed choices are text, json/],
    ['verify AD-HOC --depth deep', /--depth.*tag, graph, content/],
    ['sync AD-HOC --show-ignored', /unknown option '--show-ignored'/],
    ['sync AD-HOC stray', /too many arguments/],
    ['sync --primary http://127.0.0.1:1', /--primary: needs at least one --secondary/],
    ['sync --secondary http://127.0.0.1:1', /--secondary: goes with an ad-hoc link/],
    ['sync --delete-orphans', /--delete-orphans: goes with an ad-hoc link/],
    ['sync AD-HOC --link a', /--link: does not go with --primary/],
    ['sync AD-HOC --config a', /--config: does not go with --primary/],
    ['sync AD-HOC --delete-fallback tombstone', /--delete-fallback: has no effect/],
    ['sync AD-HOC --max-deletions many', /--max-deletions: not a number of tags: "many"/],
    ['sync AD-HOC --max-deletions 101%', /--max-deletions: more than all tags/],
    ['sync AD-HOC --platform linux', /--platform/],
    ['sync AD-HOC --repository Team/App', /--repository/],
    ['sync AD-HOC --tag a:b', /--tag/],
    ['sync --primary registry.example.com --secondary http://127.0.0.1:2', /--primary/],
    ['sync --primary http://127.0.0.1:1 --secondary http://127.0.0.1:1', /is the primary itself/],
    ['sync --config /nonexistent/geo.yaml', /\/nonexistent\/geo\.yaml/],
    ['sync', /geo-reconciler\.yaml/],
  ])('%j ends with exit 2 and says what is wrong', async (command, says) => {
    const args = command.replace('AD-HOC', adHoc.join(' ')).split(' ');
    const { exitCode, stdout, stderr } = await runCommandLine(args);

    expect(exitCode).toBe(2);
    expect(stderr).toMatch(says);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(stdout).toBe('');
  });

  it('says everything that is wrong at once', async () => {
    const { exitCode, stderr } = await runCommandLine([
      ...[
        'sync',
        '--primary',
        'ftp://a',
        '--secondary',
        'http://127.0.0.1:2',
        '--secondary',
        'http://127.0.0.1:2',
      ],
      ...['--max-deletions', 'x', '--tag', 'a:b'],
    ]);

    expect(exitCode).toBe(2);
    expect(stderr).toContain('4 problems');
    expect(stderr.match(/^ +--(?:primary|secondary|max-deletions|tag):/gm)).toHaveLength(4);
  });

  it.each([
    ['--help', /sync \[options\]/],
    ['sync --help', /--max-deletions <n\|n%>/],
    ['--version', /^\d+\.\d+\.\d+\n$/],
    ['config schema', /"\$schema"/],
  ])('answers %j on standard output with exit 0', async (command, says) => {
    const { exitCode, stdout, stderr } = await runCommandLine(command.split(' '));

    expect(exitCode).toBe(0);
    expect(stdout).toMatch(says);
    expect(stderr).toBe('');
  });
});

describe('a configuration with mistakes', () => {
  const mistakes = (url: string): string => `registries:
  eu: { url: "${url}", credentials: { username: sync, password: "hunter2-in-the-open" } }
  us:
    url: "http://sync:hunter2-in-the-open@127.0.0.1:9"
    limits: { concurrency: 0 }
    colour: blue
links:
  - name: eu-to-us
    primary: eu
    secondaries: [us, asia]
    tags: { include: [{ regex: "(" }] }
    deletions: { orphans: sometimes, minAbsence: soon }
    schedule: "every day"
    repositories: { includes: ["a"] }
database: { url: { env: NOT_SET_ANYWHERE } }
`;

  it('is refused by config check with every problem, its path and its line, and without a secret', async () => {
    const config = await directory.write('mistakes.yaml', mistakes(listener.url));
    const { exitCode, stdout, stderr } = await runCommandLine(['config', 'check', '--config', config]);
    const places = Array.from(
      stderr.matchAll(/mistakes\.yaml:(\d+):\d+: ([^ :]+): /g),
      ([, line, path]) => `${line} ${path}`,
    );

    expect(exitCode).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain('11 problems');
    expect(places).toEqual([
      '2 registries.eu.credentials.password',
      '4 registries.us.url',
      '5 registries.us.limits.concurrency',
      '6 registries.us.colour',
      '10 links[0].secondaries[1]',
      '11 links[0].tags.include[0]',
      '12 links[0].deletions.orphans',
      '12 links[0].deletions.minAbsence',
      '13 links[0].schedule',
      '14 links[0].repositories.includes',
      '15 database.url.env',
    ]);
    expect(stderr).not.toContain('hunter2');
  });

  it.each(['sync', 'plan', 'verify'])('sends nothing to any registry from %s', async (command) => {
    const config = await directory.write('mistakes.yaml', mistakes(listener.url));
    const { exitCode, stdout, stderr } = await runCommandLine([command, '--config', config]);

    expect(exitCode).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain('mistakes.yaml');
    expect(stderr).not.toContain('hunter2');
    expect(listener.count()).toBe(0);
  });

  it('is found in the working directory and by its variable, and said to be valid where it is', async () => {
    const valid = `registries: { eu: { url: "http://127.0.0.1:1" }, us: { url: "http://127.0.0.1:2" } }
links: [{ name: eu-to-us, primary: eu, secondaries: [us] }]
`;
    const file = await directory.write('geo-reconciler.yaml', valid);
    const here = await runCommandLine(['config', 'check'], { workingDirectory: directory.path });
    const named = await runCommandLine(['config', 'check'], { environment: { GEO_RECONCILER_CONFIG: file } });

    expect([here, named].map(({ exitCode, stderr }) => [exitCode, stderr])).toEqual([
      [0, ''],
      [0, ''],
    ]);
    expect(here.stdout).toMatch(/geo-reconciler\.yaml is valid: 2 registries, 1 link\n$/);
  });
});
