import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ociImage } from '../../builders/image-content.ts';
import { pushContent } from '../../builders/push-content.ts';
import { runStatement, startPostgres, type PostgresHarness } from '../../databases/postgres-harness.ts';
import { redirect } from '../../fakes/fake-faults.ts';
import { FakeRegistry } from '../../fakes/fake-registry.ts';
import { FakeStorage } from '../../fakes/fake-storage.ts';
import { FakeTokenServer } from '../../fakes/fake-token-server.ts';
import { WebhookReceiver } from '../../integration/notifications/webhook-receiver.ts';
import { OtlpReceiver } from '../otlp-receiver.ts';
import { unusedAddress } from '../stub-servers.ts';
import { WorkDirectory } from '../work-directory.ts';
import { RunningService } from './running-service.ts';
import { echoOfSecrets } from './secret-echo.ts';

/** In every secret, and in nothing else. */
const MARK = 'CNRY7';

const SECRETS = {
  EU: `${MARK}-password-of-eu`,
  US: `${MARK}-password-of-us`,
  AU: `${MARK}-password-of-au`,
  JP: `${MARK}-password-of-jp`,
  VIEWER: `${MARK}-token-of-a-viewer`,
  APPROVER: `${MARK}-token-of-an-approver`,
  HOOK: `${MARK}-secret-of-a-hook`,
  KEY: `${MARK}-key-of-a-webhook`,
  DATABASE: `${MARK}-password-of-the-database`,
  COLLECTOR: `${MARK}-key-of-the-collector`,
} as const;

const REPOSITORIES = ['team/app', 'team/signed', 'team/informed', 'team/echo'];

/** Everything that somebody may read, by where. */
type Sinks = Readonly<Record<string, string>>;

let postgres: PostgresHarness;
let databaseUrl: URL;
let registries: Readonly<Record<'eu' | 'us' | 'au' | 'jp', FakeRegistry>>;
let receiver: WebhookReceiver;
let collector: OtlpReceiver;
let directory: WorkDirectory;
let service: RunningService;
let sinks: Sinks;

beforeAll(async () => {
  [postgres, receiver, collector, directory] = await Promise.all([
    startPostgres(),
    WebhookReceiver.start(),
    OtlpReceiver.start(),
    WorkDirectory.create(),
  ]);
  databaseUrl = await databaseWithPassword();
  registries = await startRegistries();
  const file = await directory.write('geo-reconciler.yaml', configuration());
  service = RunningService.start('service', file, {
    environment: environment(),
    workingDirectory: directory.path,
  });
  const url = await service.url();
  for (const secondary of ['us', 'au', 'jp'])
    await service.line(({ msg, secondary: of }) => msg === 'a cycle ended' && of === secondary, {
      seconds: 90,
    });
  // One message per secondary that is out of reach.
  await receiver.received(1);
  const answers = [...(await provoke(url)), ...(await readEverything(url))];
  await directory.write('geo-reconciler.yaml', configuration().replace('{ env: EU }', `${MARK}-misplaced`));
  service.signal('SIGHUP');
  await service.line(({ msg }) => msg.startsWith('the new configuration is refused'));
  answers.push(...(await readEverything(url)));
  await collector.until((spans) => spans.some(({ parentSpanId }) => parentSpanId === ''));
  service.signal('SIGTERM');
  await service.ended;
  sinks = {
    log: service.lines.map((line) => JSON.stringify(line)).join('\n'),
    API: answers.join('\n'),
    webhooks: receiver.messages.map(({ body, headers }) => `${body} ${JSON.stringify(headers)}`).join('\n'),
    traces: collector.exports.map(({ body }) => body.toString('latin1')).join('\n'),
    database: await dump(),
  };
}, 180_000);

afterAll(async () => {
  await service.stop();
  await Promise.all(Object.values(registries).map((registry) => registry.stop()));
  await Promise.all([postgres.stop(), receiver.stop(), collector.stop(), directory.remove()]);
}, 60_000);

describe('a service whose registries refuse, break and repeat what they were sent', () => {
  it.each(['log', 'API', 'webhooks', 'traces', 'database'])('shows no secret in its %s', (name) => {
    const text = sinks[name] ?? '';

    // What is searched is really there, failures and all.
    expect(text).toContain('eu-out');
    expect(secretsIn(text)).toEqual([]);
  });

  it('was sent its secrets back, in every form', () => {
    const struck = Object.entries(registries).map(([name, { history }]) => [
      name,
      history.all.some(({ fault }) => fault !== null),
    ]);

    expect(struck).toEqual([
      ['eu', true],
      ['us', true],
      ['au', true],
      ['jp', true],
    ]);
    expect(issuedTokens().length).toBeGreaterThan(0);
    expect(sinks.API).toContain('geo_reconciler_steps_total{');
    expect(sinks.log).toMatch(/you sent \*\*\*/);
    expect(sinks.database).toMatch(/you sent \*\*\*/);
    expect(sinks.API).toMatch(/you sent \*\*\*/);
  });

  it('tells of every request that it logs at trace, and of every cycle', () => {
    expect(service.lines.filter(({ level }) => level === 'trace').length).toBeGreaterThan(10);
    const about = ['step', 'cycle', 'run'].map((word) =>
      service.lines.filter(({ msg, kind }) =>
        word === 'step' ? kind !== undefined : msg.startsWith(`a ${word} `),
      ),
    );
    for (const lines of about) {
      expect(lines.length).toBeGreaterThan(0);
      expect(lines.filter(({ cycle }) => typeof cycle !== 'string')).toEqual([]);
    }
    const requests = service.lines.filter(({ msg }) => msg.startsWith('a request was'));
    expect(requests.filter(({ requestId }) => typeof requestId !== 'string')).toEqual([]);
    expect(service.lines.find(({ msg }) => msg === 'a change through the API')).toMatchObject({
      requestId: 'canary-1',
      cycle: expect.any(String),
    });
  });

  it('ends with 2 where the database refuses its password, or is none, and repeats neither', async () => {
    const wrong = new URL(databaseUrl);
    wrong.password = `${MARK}-wrong`;
    const nobody = new URL(databaseUrl);
    nobody.host = (await unusedAddress()).host;
    const file = await directory.write('other.yaml', configuration());
    for (const url of [wrong.href, nobody.href, `no-url-${MARK}`, `postgres://a:${MARK}@:x/`]) {
      const broken = RunningService.start('broken', file, {
        environment: { ...environment(), DATABASE_URL: url },
        workingDirectory: directory.path,
      });

      expect(await broken.ended).toBe(2);
      expect(secretsIn(JSON.stringify(broken.lines))).toEqual([]);
    }
  }, 90_000);
});

/** The marked secrets, the headers that are made of them, and what the token server handed out. */
function secretsIn(text: string): string[] {
  const headers = ['EU', 'US', 'AU', 'JP'].map((name) =>
    Buffer.from(`sync:${SECRETS[name as keyof typeof SECRETS]}`).toString('base64'),
  );
  const marked = text.split(MARK).slice(1);
  return [
    ...marked.map((rest) => `${MARK}${rest.slice(0, 40)}`),
    ...[...headers, ...issuedTokens()].filter((secret) => text.includes(secret)),
  ];
}

function issuedTokens(): string[] {
  const sent = registries.eu.history.all.map(({ headers }) => headers.authorization ?? '');
  return [...new Set(sent.flatMap((header) => /^Bearer (.+)$/.exec(header)?.[1] ?? []))];
}

async function databaseWithPassword(): Promise<URL> {
  const url = new URL(await postgres.freshDatabase());
  await runStatement(url.href, `CREATE ROLE canary LOGIN SUPERUSER PASSWORD '${SECRETS.DATABASE}'`);
  url.username = 'canary';
  url.password = SECRETS.DATABASE;
  return url;
}

async function startRegistries(): Promise<typeof registries> {
  const storage = new FakeStorage();
  const open = await FakeRegistry.start({ storage });
  for (const repository of REPOSITORIES)
    await pushContent(open, repository, ociImage(repository), { tag: 'v1' });
  await open.stop();
  const tokens = (password: string): FakeTokenServer => new FakeTokenServer({ users: { sync: password } });
  const basic = (password: string) => ({ kind: 'basic', users: { sync: password } }) as const;
  const [eu, us, au, jp] = await Promise.all([
    FakeRegistry.start({ storage, auth: { kind: 'bearer', tokens: tokens(SECRETS.EU) } }),
    FakeRegistry.start({ auth: basic(SECRETS.US) }),
    FakeRegistry.start({ auth: basic('another password') }),
    FakeRegistry.start({ auth: { kind: 'bearer', tokens: tokens('another password') } }),
  ]);
  const { host } = new URL(au.url);
  const blobs = { operation: 'get-blob' } as const;
  const signed = `http://${host}/blob?X-Amz-Signature=${MARK}-signature`;
  eu.faults.add({ ...blobs, repository: 'team/signed', fault: redirect(signed) });
  eu.faults.add({
    ...blobs,
    repository: 'team/informed',
    fault: redirect(`http://sync:${MARK}@${host}/blob`),
  });
  eu.faults.add({ operation: 'list-tags', repository: 'team/echo', fault: echoOfSecrets(400, 'json') });
  us.faults.add({ operation: 'put-tag', times: 1, fault: echoOfSecrets(500, 'json') });
  us.faults.add({ operation: 'put-tag', fault: echoOfSecrets(400, 'json') });
  au.faults.add({
    operation: 'ping',
    when: ({ headers }) => headers.authorization !== undefined,
    fault: echoOfSecrets(403, 'text'),
  });
  jp.faults.add({ server: 'token', fault: echoOfSecrets(403, 'text') });
  return { eu, us, au, jp };
}

function configuration(): string {
  const entries = Object.entries(registries).map(
    ([name, { url }]) =>
      `  ${name}: { url: "${url}", credentials: { username: sync, password: { env: ${name.toUpperCase()} } } }`,
  );
  return `registries:
${entries.join('\n')}
links:
  - { name: eu-out, primary: eu, secondaries: [us, au, jp], schedule: "*/10 * * * * *", repositories: { include: [${REPOSITORIES.map((name) => `"${name}"`).join(', ')}] } }
database: { url: { env: DATABASE_URL } }
server:
  port: 0
  tokens:
    - { name: reader, role: viewer, token: { env: VIEWER } }
    - { name: boss, role: approver, token: { env: APPROVER } }
notifications:
  incoming: [{ path: /hooks/eu, kind: distribution, registry: eu, secret: { env: HOOK } }]
  outgoing: [{ name: chat, url: { env: CHAT }, secret: { env: KEY }, allowPrivateAddresses: true }]
log: { level: trace }
`;
}

function environment(): Record<string, string> {
  return {
    ...SECRETS,
    DATABASE_URL: databaseUrl.href,
    CHAT: `http://127.0.0.1:${receiver.port}/${MARK}-path-of-a-webhook`,
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_HEADERS: `api-key=${SECRETS.COLLECTOR}`,
  };
}

const JSON_TYPE = { 'content-type': 'application/json' };

async function answerOf(url: string, init: RequestInit = {}): Promise<string> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(10_000), ...init });
  const isEndless = answer.headers.get('content-type')?.startsWith('text/event-stream') === true;
  const text = isEndless ? '' : await answer.text();
  if (isEndless) await answer.body?.cancel();
  return `${answer.status} ${JSON.stringify([...answer.headers])} ${text}`;
}

/** Secrets at wrong places, wrong secrets, and right ones. */
async function provoke(url: string): Promise<string[]> {
  const approver = { authorization: `Bearer ${SECRETS.APPROVER}`, ...JSON_TYPE };
  const event = { id: 'canary', action: 'push', target: { repository: 'team/app', tag: 'v1' } };
  const body = JSON.stringify({ events: [event] });
  const hook = { method: 'POST', body };
  return await Promise.all([
    answerOf(`${url}/api/v1/links`, { headers: { authorization: `Bearer ${MARK}-wrong` } }),
    answerOf(`${url}/api/v1/links?token=${SECRETS.VIEWER}`),
    answerOf(`${url}/${SECRETS.VIEWER}`),
    answerOf(`${url}/hooks/eu`, {
      ...hook,
      headers: { authorization: `Bearer ${MARK}-wrong`, ...JSON_TYPE },
    }),
    answerOf(`${url}/hooks/eu`, {
      ...hook,
      headers: { authorization: `Bearer ${SECRETS.HOOK}`, ...JSON_TYPE },
    }),
    answerOf(`${url}/api/v1/links/eu-out/resync`, {
      method: 'POST',
      body: '{}',
      headers: { ...approver, 'x-request-id': 'canary-1' },
    }),
  ]);
}

/** Every GET that the service describes. */
async function readEverything(url: string): Promise<string[]> {
  const headers = { authorization: `Bearer ${SECRETS.APPROVER}` };
  const { paths } = (await (await fetch(`${url}/openapi.json`, { headers })).json()) as {
    readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  };
  const cycle = String(service.lines.find(({ msg }) => msg === 'a cycle ended')?.cycle);
  const names: Readonly<Record<string, string>> = { link: 'eu-out', id: cycle, name: 'us' };
  const addresses = Object.entries(paths)
    .filter(([, methods]) => 'get' in methods)
    .flatMap(([path]) =>
      (path.includes('{repository}') ? REPOSITORIES : ['']).map((repository) =>
        path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(names[name] ?? repository)),
      ),
    );
  expect(addresses.length).toBeGreaterThan(10);
  const all = [...new Set([...addresses, '/metrics', '/docs', '/openapi.json'])];
  return await Promise.all(all.map((path) => answerOf(`${url}${path}`, { headers })));
}

/** All rows of all tables as text, those of the queue as well. */
async function dump(): Promise<string> {
  const tables = await runStatement(
    databaseUrl.href,
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
     WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`,
  );
  const texts: string[] = [];
  for (const { name } of tables) {
    const rows = await runStatement(databaseUrl.href, `SELECT t::text AS row FROM ${String(name)} AS t`);
    texts.push(...rows.map(({ row }) => `${String(name)} ${String(row)}`));
  }
  return texts.join('\n');
}
