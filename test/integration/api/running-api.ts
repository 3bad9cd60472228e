import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { configureHttp, HTTP_OPTIONS } from '../../../src/api/http/configure-http.ts';
import { AppModule } from '../../../src/app.module.ts';
import { LiveConfiguration } from '../../../src/config/live-configuration.ts';
import { loadConfiguration } from '../../../src/config/load-configuration.ts';
import { Secret } from '../../../src/config/secret.ts';
import { NotificationObserver } from '../../../src/jobs/notification-observer.ts';
import { ServiceLog, type LogFields } from '../../../src/jobs/service-log.ts';
import { ServiceMetrics } from '../../../src/observability/metrics/service-metrics.ts';
import { CycleObserver } from '../../../src/reconciliation/cycle-observer.ts';
import { RegistryConnections } from '../../../src/reconciliation/registry-connections.ts';
import { RegistryObserver } from '../../../src/registry/registry-observer.ts';
import { openState } from '../../../src/state/open-state.ts';
import type { OpenState } from '../../../src/state/opened-state.ts';
import { SystemClock } from '../../../src/time/system-clock.ts';
import { runStatement } from '../../databases/postgres-harness.ts';
import { WorkDirectory } from '../../e2e/work-directory.ts';
import { FakeRegistry } from '../../fakes/fake-registry.ts';

/** A token of each role. */
export const TOKENS = {
  viewer: 'a-token-of-a-viewer',
  operator: 'a-token-of-an-operator',
  approver: 'a-token-of-an-approver',
} as const;

export interface Sent {
  readonly method?: string;
  /** As it goes over the wire: nothing is made of `..` or `%2F`. */
  readonly path: string;
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text goes as it is, everything else as JSON. */
  readonly body?: unknown;
  /** Which of the addresses of this machine it comes from. */
  readonly from?: string;
}

export interface Received {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** Empty where the body is no JSON. */
  readonly json: AnswerBody;
}

/** What answers have, as far as specs look into it; a problem has its status as a number, a cycle as a word. */
interface AnswerBody {
  readonly id?: string;
  readonly code?: string;
  readonly status?: number | string;
  readonly detail?: string;
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
  readonly items?: readonly { readonly name: string; readonly [other: string]: unknown }[];
  readonly nextCursor?: string | null;
  readonly tags?: { readonly items: readonly unknown[]; readonly nextCursor: string | null };
  readonly repositories?: readonly string[] | null;
  readonly health?: Readonly<Record<string, unknown>>;
  readonly [other: string]: unknown;
}

/** Remembers what the service says. */
export class RecordingLog extends ServiceLog {
  readonly lines: { readonly level: string; readonly fields: LogFields; readonly message: string }[] = [];

  override debug(fields: LogFields, message: string): void {
    this.lines.push({ level: 'debug', fields, message });
  }
  override info(fields: LogFields, message: string): void {
    this.lines.push({ level: 'info', fields, message });
  }
  override warn(fields: LogFields, message: string): void {
    this.lines.push({ level: 'warn', fields, message });
  }
  override error(fields: LogFields, message: string): void {
    this.lines.push({ level: 'error', fields, message });
  }
}

class SilentObserver extends CycleObserver {}

/** The whole service in this process, between two fake registries; its link is paused, so that nothing happens by itself. */
export class RunningApi {
  readonly app: NestExpressApplication;
  readonly state: OpenState;
  readonly primary: FakeRegistry;
  readonly secondary: FakeRegistry;
  readonly log: RecordingLog;
  readonly #databaseUrl: string;
  readonly #directory: WorkDirectory;

  private constructor(
    parts: Pick<RunningApi, 'app' | 'state' | 'primary' | 'secondary' | 'log'>,
    databaseUrl: string,
    directory: WorkDirectory,
  ) {
    this.app = parts.app;
    this.state = parts.state;
    this.primary = parts.primary;
    this.secondary = parts.secondary;
    this.log = parts.log;
    this.#databaseUrl = databaseUrl;
    this.#directory = directory;
  }

  static async start(databaseUrl: string, access: 'tokens' | 'loopback'): Promise<RunningApi> {
    const [primary, secondary, directory] = await Promise.all([
      FakeRegistry.start(),
      FakeRegistry.start(),
      WorkDirectory.create(),
    ]);
    const text = configurationOf(primary, secondary, access);
    const file = await directory.write('geo-reconciler.yaml', text);
    const clock = new SystemClock();
    const configuration = new LiveConfiguration(
      file,
      () => loadConfiguration(file, ENVIRONMENT),
      clock.now(),
    );
    const state = await openState(
      { kind: 'postgres', url: new Secret(databaseUrl) },
      'read-write',
      () => undefined,
      clock,
    );
    await state.service?.links.pause('eu-to-us');
    // Its schedule has fired, so that the start has nothing to catch up with.
    await state.service?.links.takeFiring('eu-to-us', 0);
    const log = new RecordingLog();
    const app = await NestFactory.create<NestExpressApplication>(
      AppModule.of({
        version: '0.0.0',
        configuration,
        state,
        clock,
        log,
        cycleObserver: new SilentObserver(),
        registryObserver: new RegistryObserver(),
        notificationObserver: new NotificationObserver(),
        metrics: new ServiceMetrics(),
      }),
      // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- Nest declares its options as a class and takes literals
      { ...HTTP_OPTIONS, logger: false, abortOnError: false, forceCloseConnections: true },
    );
    configureHttp(app);
    await app.listen(0, '127.0.0.1');
    return new RunningApi({ app, state, primary, secondary, log }, databaseUrl, directory);
  }

  get port(): number {
    return (this.app.getHttpServer().address() as AddressInfo).port;
  }

  async send({
    method = 'GET',
    path,
    token,
    headers = {},
    body,
    from = '127.0.0.1',
  }: Sent): Promise<Received> {
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    return await new Promise((resolve, reject) => {
      const outgoing = httpRequest({
        host: '127.0.0.1',
        port: this.port,
        method,
        path,
        localAddress: from,
        agent: false,
        timeout: 5000,
        headers: {
          ...(text === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...headers,
        },
      });
      outgoing
        .on('error', reject)
        .on('timeout', () => outgoing.destroy(new Error(`no answer: ${method} ${path}`)));
      outgoing.on('response', (incoming) => {
        const { statusCode: status = 0, headers: received } = incoming;
        const chunks: Buffer[] = [];
        const finish = (): void => {
          const answer = Buffer.concat(chunks).toString('utf8');
          resolve({ status, headers: received, text: answer, json: parsed(answer) });
        };
        if (received['content-type']?.startsWith('text/event-stream') === true) {
          outgoing.destroy();
          finish();
          return;
        }
        incoming
          .on('data', (chunk: Buffer) => chunks.push(chunk))
          .on('end', finish)
          .on('error', reject);
      });
      outgoing.end(text);
    });
  }

  /** Rows of the database behind it. */
  async rows(statement: string): Promise<Record<string, unknown>[]> {
    return await runStatement(this.#databaseUrl, statement);
  }

  /** How many requests the registries have got. */
  get registryRequests(): number {
    return this.primary.history.all.length + this.secondary.history.all.length;
  }

  async stop(): Promise<void> {
    await this.app.close();
    this.app.get(RegistryConnections).close();
    await this.state.close();
    await Promise.all([this.primary.stop(), this.secondary.stop(), this.#directory.remove()]);
  }
}

const ENVIRONMENT = {
  VIEWER_TOKEN: TOKENS.viewer,
  OPERATOR_TOKEN: TOKENS.operator,
  APPROVER_TOKEN: TOKENS.approver,
  US_PASSWORD: 'the-password-of-us',
};

function configurationOf(
  primary: FakeRegistry,
  secondary: FakeRegistry,
  access: 'tokens' | 'loopback',
): string {
  const tokens = Object.keys(TOKENS).map(
    (role) => `{ name: a-${role}, role: ${role}, token: { env: ${role.toUpperCase()}_TOKEN } }`,
  );
  return `registries:
  eu: { url: "${primary.url}" }
  us:
    url: "${secondary.url}"
    credentials: { username: sync, password: { env: US_PASSWORD } }
    limits: { concurrency: 3, requestsPerSecond: 20, bytesPerSecond: 1MiB }
links:
  - { name: eu-to-us, primary: eu, secondaries: [us], repositories: { include: ["team/**"], exclude: ["team/scratch"] } }
server: { port: 0, tokens: [${access === 'tokens' ? tokens.join(', ') : ''}] }
`;
}

function parsed(text: string): AnswerBody {
  try {
    return JSON.parse(text) as AnswerBody;
  } catch {
    return {};
  }
}
