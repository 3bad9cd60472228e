import { randomUUID } from 'node:crypto';
import { request, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ociImage } from '../../builders/image-content.ts';
import { pushContent } from '../../builders/push-content.ts';
import { expectStatus } from '../../builders/registry-request.ts';
import { readTagMap } from '../../builders/registry-witness.ts';
import { registryForTests } from '../../registries/registry-for-tests.ts';
import type { RunningRegistry } from '../../registries/registry-provider.ts';
import { noCache } from '../registry-pair.ts';
import { WorkDirectory } from '../work-directory.ts';
import { freePort } from './free-port.ts';
import { RunningService, type LogLine } from './running-service.ts';

const registry = await registryForTests();

const SECRETS = { EU_HOOK: 'secret-of-the-primary-hook', US_HOOK: 'secret-of-the-secondary-hook' };

(registry.isAvailable ? describe : describe.skip)(registry.titleOf('notifications of registries'), () => {
  let primary: RunningRegistry;
  let secondary: RunningRegistry;
  let directory: WorkDirectory;
  let service: RunningService;
  let hooks: string;

  beforeAll(async () => {
    const port = await freePort();
    hooks = `http://127.0.0.1:${port}/hooks`;
    const start = (name: string, token: string): Promise<RunningRegistry> =>
      registry.provider.start({
        notifications: { url: `${hooks}/${name}`, token },
        extraConfiguration: noCache,
      });
    [primary, secondary, directory] = await Promise.all([
      start('eu', SECRETS.EU_HOOK),
      start('us', SECRETS.US_HOOK),
      WorkDirectory.create(),
    ]);
    // The schedule fires once, when the service is new, and then in a year.
    const file = await directory.write(
      'geo-reconciler.yaml',
      `registries: { eu: { url: "${primary.url}" }, us: { url: "${secondary.url}" } }
links:
  - { name: eu-to-us, primary: eu, secondaries: [us], rename: { prefix: "mirror/" }, schedule: "0 0 1 1 *",
      repositories: { exclude: ["scratch/**"] } }
notifications:
  incoming:
    - { path: /hooks/eu, kind: distribution, registry: eu, secret: { env: EU_HOOK } }
    - { path: /hooks/us, kind: distribution, registry: us, secret: { env: US_HOOK } }
server: { port: ${port} }
log: { level: debug }
`,
    );
    service = RunningService.start('service', file, {
      environment: SECRETS,
      workingDirectory: directory.path,
    });
    await service.line(isCycleEnd);
  }, 90_000);

  afterAll(async () => {
    await service.stop();
    await Promise.all([primary.stop(), secondary.stop(), directory.remove()]);
  }, 60_000);

  async function digestOn(
    side: RunningRegistry,
    repository: string,
    tag: string,
  ): Promise<string | null | undefined> {
    return (await readTagMap(side, repository).catch(() => undefined))?.get(tag);
  }

  /** Seconds until the tag on the secondary is the digest. */
  async function secondsUntil(repository: string, tag: string, digest: string): Promise<number> {
    const from = performance.now();
    while ((await digestOn(secondary, repository, tag)) !== digest) {
      if (performance.now() - from > 20_000) throw new Error(`${repository}:${tag} did not arrive`);
      await sleep(25);
    }
    return (performance.now() - from) / 1000;
  }

  it('bring a push to the secondary in under 5 s, with the schedule a year away', async () => {
    const took: number[] = [];
    for (let push = 0; push < 7; push++) {
      const repository = push % 2 === 0 ? 'team/app' : `team/new-${push}`;
      const digest = await pushContent(primary, repository, ociImage(`push ${push}`), { tag: `v${push}` });
      took.push(await secondsUntil(`mirror/${repository}`, `v${push}`, digest));
    }

    process.stdout.write(`push to secondary, seconds: ${took.map((each) => each.toFixed(2)).join(' ')}\n`);
    expect(Math.max(...took)).toBeLessThan(5);
  }, 60_000);

  it('of own pushes to the secondary are ignored', () => {
    const told = service.lines.filter(
      ({ msg, hook }) => msg === 'a registry told its events' && hook === '/hooks/us',
    );

    expect(told.length).toBeGreaterThan(0);
    expect(told.filter(({ accepted }) => accepted !== 0)).toEqual([]);
  });

  it('have a tag put right that somebody else moved on the secondary', async () => {
    const wanted = await pushContent(primary, 'team/app', ociImage('ours'), { tag: 'moved' });
    await secondsUntil('mirror/team/app', 'moved', wanted);

    await pushContent(secondary, 'mirror/team/app', ociImage('theirs'), { tag: 'moved' });

    expect(await secondsUntil('mirror/team/app', 'moved', wanted)).toBeLessThan(5);
  }, 30_000);

  it('of a deleted manifest have its repository looked at', async () => {
    const digest = await pushContent(primary, 'team/gone', ociImage('gone'), { tag: 'gone' });
    await secondsUntil('mirror/team/gone', 'gone', digest);
    const after = service.lines.length;

    await expectStatus(primary, { method: 'DELETE', path: `/v2/team/gone/manifests/${digest}` }, 202);

    const line = await service.line(isMark, { after, seconds: 10 });
    expect(line.repositories).toEqual(['team/gone']);
    await service.line(isCycleEnd, { after, seconds: 10 });
  }, 30_000);

  it('of a thousand pushes are answered at once, and are a few cycles', async () => {
    const after = service.lines.length;
    const events = Array.from({ length: 1000 }, (_, index) => pushed('team/app', `burst-${index}`));
    const took: number[] = [];
    const began = performance.now();
    // As a registry does: one after the other, each in an envelope of its own.
    for (const event of events) {
      const from = performance.now();
      expect((await send('/eu', { events: [event] })).status).toBe(202);
      took.push(performance.now() - from);
    }
    // What passes between two answers is part of it.
    const seconds = (performance.now() - began) / 1000;
    const afterBurst = service.lines.length;
    await service.line(isCycleEnd, { after: afterBurst, seconds: 20 });
    await sleep(1000);

    // A mark that the cycle under way takes up leaves one behind that has nothing to do.
    const cycles = service.lines
      .slice(after)
      .filter((line) => isCycleEnd(line) && Number(line.repositories) > 0);
    // The service takes a burst for over after a quarter of a second: a machine that stands still for so long makes it two.
    const pauses = took.filter((milliseconds) => milliseconds > 200).length;
    const median = took.toSorted((one, other) => one - other)[500] ?? Infinity;
    process.stdout.write(
      `1000 events in ${seconds.toFixed(1)} s, median ms: ${median.toFixed(1)}; cycles: ${cycles.length}; pauses: ${pauses}\n`,
    );
    // One while it lasts and one for its end; where it lasts longer, one more every 15 s.
    expect(cycles.length).toBeLessThanOrEqual(2 + pauses + Math.floor(seconds / 15));
    expect(median).toBeLessThan(50);
  }, 60_000);

  it('are known again, and those that concern no link cost nothing', async () => {
    const event = pushed('team/app', 'twice');
    const ignored = [
      { ...pushed('team/app', 'pulled'), action: 'pull' },
      pushed('scratch/app', 'v1'),
      {
        ...pushed('team/app', 'x'),
        target: { mediaType: 'application/octet-stream', repository: 'team/app' },
      },
    ];

    const first = await send('/eu', { events: [event, ...ignored] });
    const second = await send('/eu', { events: [event, { action: 'push' }] });

    expect(await first.json()).toEqual({ accepted: 1, duplicate: 0, ignored: 3, refused: 0 });
    expect(await second.json()).toEqual({ accepted: 0, duplicate: 1, ignored: 0, refused: 1 });
  });

  it.each([
    ['an unknown path', '/nobody', {}, { status: 404, code: 'NOT_FOUND' }],
    ['a path that is longer', '/eu/more', {}, { status: 404, code: 'NOT_FOUND' }],
    ['no secret', '/eu', { authorization: undefined }, { status: 401, code: 'UNAUTHENTICATED' }],
    ['a wrong secret', '/eu', { authorization: 'Bearer wrong' }, { status: 401, code: 'UNAUTHENTICATED' }],
    [
      'the secret of another hook',
      '/eu',
      { authorization: `Bearer ${SECRETS.US_HOOK}` },
      { status: 401, code: 'UNAUTHENTICATED' },
    ],
    [
      'a wrong scheme',
      '/eu',
      { authorization: `Basic ${SECRETS.EU_HOOK}` },
      { status: 401, code: 'UNAUTHENTICATED' },
    ],
    [
      'a form',
      '/eu',
      { type: 'application/x-www-form-urlencoded' },
      { status: 415, code: 'UNSUPPORTED_MEDIA_TYPE' },
    ],
    ['half a document', '/eu', { body: '{"events": [' }, { status: 400, code: 'INVALID_REQUEST' }],
    ['no envelope', '/eu', { body: '[]' }, { status: 400, code: 'INVALID_REQUEST' }],
    ['no body', '/eu', { body: '' }, { status: 400, code: 'INVALID_REQUEST' }],
    ['five megabytes', '/eu', { body: ' '.repeat(5_000_000) }, { status: 413, code: 'TOO_LARGE' }],
  ])('%s is refused as a problem', async (_what, path, change, expected) => {
    const { authorization, type, body } = {
      authorization: `Bearer ${SECRETS.EU_HOOK}` as string | undefined,
      type: EVENTS_V1,
      body: '{"events": []}',
      ...change,
    };
    const answer = await fetch(`${hooks}${path}`, {
      method: 'POST',
      headers: { 'content-type': type, ...(authorization === undefined ? {} : { authorization }) },
      body,
    });

    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect({ status: answer.status, ...((await answer.json()) as object) }).toMatchObject(expected);
  });

  it('are missed where a registry tells of a change no more, and nowhere else', async () => {
    await primary.restart({ extraConfiguration: { ...noCache, notifications: { endpoints: [] } } });
    await pushContent(primary, 'team/new-1', ociImage('quiet'), { tag: 'quiet' });
    const opened = await fetch(
      `${new URL(hooks).origin}/api/v1/links/eu-to-us/wait?reference=team/new-1:quiet`,
    );

    await service.line(isUnannounced, { seconds: 20 });
    expect(opened.status).toBe(200);
    expect(service.lines.filter(isUnannounced)).toMatchObject([
      { link: 'eu-to-us', secondary: 'us', repository: 'team/new-1', changes: 1 },
    ]);
  }, 60_000);

  // The last one: the hook stays shut for a minute.
  it('shuts a hook for an address that tries secrets, and for no other address and hook', async () => {
    const tried = [];
    for (let attempt = 0; attempt < 11; attempt++) tried.push(await knock('/us', 'wrong'));
    const right = await knock('/us', SECRETS.US_HOOK);
    const fromElsewhere = await knock('/us', SECRETS.US_HOOK, '127.0.0.2');
    const elsewhere = await knock('/eu', SECRETS.EU_HOOK);

    expect(tried.map(({ statusCode }) => statusCode)).toEqual([...Array<number>(10).fill(401), 429]);
    expect(right.statusCode).toBe(429);
    expect(right.headers['content-type']).toContain('application/problem+json');
    expect(Number(right.headers['retry-after'])).toBeGreaterThan(0);
    expect(Number(right.headers['retry-after'])).toBeLessThanOrEqual(60);
    expect(fromElsewhere.statusCode).toBe(202);
    expect(elsewhere.statusCode).toBe(202);
  });

  async function knock(path: string, secret: string, localAddress = '127.0.0.1'): Promise<IncomingMessage> {
    return await new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${secret}`, 'content-type': EVENTS_V1 };
      const sent = request(`${hooks}${path}`, { method: 'POST', localAddress, headers }, (answer) => {
        answer.resume();
        resolve(answer);
      });
      sent.once('error', reject);
      sent.end('{"events": []}');
    });
  }

  async function send(path: string, envelope: unknown, type = 'application/json'): Promise<Response> {
    return await fetch(`${hooks}${path}`, {
      method: 'POST',
      headers: { 'content-type': type, authorization: `Bearer ${SECRETS.EU_HOOK}` },
      body: JSON.stringify(envelope),
    });
  }
});

const EVENTS_V1 = 'application/vnd.docker.distribution.events.v1+json';

function pushed(repository: string, tag: string): Record<string, unknown> {
  return {
    id: randomUUID(),
    action: 'push',
    target: { mediaType: 'application/vnd.oci.image.manifest.v1+json', repository, tag },
    request: { useragent: 'docker/28.0' },
  };
}

function isCycleEnd({ msg }: LogLine): boolean {
  return msg === 'a cycle ended';
}

function isMark({ msg }: LogLine): boolean {
  return msg === 'a registry told of changes';
}

function isUnannounced({ msg }: LogLine): boolean {
  return msg === 'no event told of a change of the primary';
}
