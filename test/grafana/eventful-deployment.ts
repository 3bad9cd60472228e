import { setTimeout as sleep } from 'node:timers/promises';
import { ociImage } from '../builders/image-content.ts';
import { pushContent } from '../builders/push-content.ts';
import { startPostgres, type PostgresHarness } from '../databases/postgres-harness.ts';
import { startPair, type RegistryPair } from '../e2e/registry-pair.ts';
import { freePort } from '../e2e/service/free-port.ts';
import { RunningService } from '../e2e/service/running-service.ts';
import { WorkDirectory } from '../e2e/work-directory.ts';
import { jsonStatus, tooManyRequests } from '../fakes/fake-faults.ts';
import { FakeRegistry } from '../fakes/fake-registry.ts';
import type { RegistryProvider } from '../registries/registry-provider.ts';

const HOOK_SECRET = 'secret-of-the-primary-hook';

interface Parts {
  readonly pair: RegistryPair;
  readonly flaky: FakeRegistry;
  readonly postgres: PostgresHarness;
  readonly directory: WorkDirectory;
  readonly databaseUrl: string;
  readonly ports: readonly [number, number];
}

/**
 * A service on real registries and a real PostgreSQL that has everything happen to it that a dashboard shows: copies, a repository
 * that one secondary refuses, a rate limit, an orphan that the gate holds, writes of somebody else, changes that no notification
 * told, a notification with a wrong secret, verifications. Another link of it is in sync from its first cycle on; a second replica
 * only looks on.
 */
export class EventfulDeployment {
  readonly databaseUrl: string;
  readonly #parts: Parts;
  readonly #replicas: RunningService[] = [];

  private constructor(parts: Parts) {
    this.#parts = parts;
    this.databaseUrl = parts.databaseUrl;
  }

  static async start(provider: RegistryProvider): Promise<EventfulDeployment> {
    const [pair, flaky, postgres, directory] = await Promise.all([
      startPair(provider),
      FakeRegistry.start(),
      startPostgres(),
      WorkDirectory.create(),
    ]);
    const ports = [await freePort(), await freePort()] as const;
    const databaseUrl = await postgres.freshDatabase();
    const deployment = new EventfulDeployment({ pair, flaky, postgres, directory, databaseUrl, ports });
    try {
      await deployment.#begin();
      return deployment;
    } catch (error) {
      await deployment.stop();
      throw error;
    }
  }

  /** Where the first replica answers. */
  get url(): string {
    return `http://127.0.0.1:${this.#parts.ports[0]}`;
  }

  /** Of both replicas, the second of which is not there before it is started. */
  get replicaUrls(): readonly string[] {
    return this.#parts.ports.map((port) => `http://127.0.0.1:${port}`);
  }

  /** Every kind of event once: what is counted grows by each round. */
  async haveEverythingHappen(round: number): Promise<void> {
    const { pair, flaky } = this.#parts;
    await this.#ask('resync');
    await pushContent(pair.secondary, 'team/app', ociImage(`of somebody else, round ${round}`), {
      tag: 'v1',
    });
    await pushContent(pair.primary, 'team/app', ociImage(`round ${round}`), { tag: `round-${round}` });
    flaky.faults.add({ operation: 'put-tag', repository: 'team/app', times: 1, fault: tooManyRequests('1') });
    await this.#ask('resync');
    await this.#ask('verify', { depth: 'content' });
    await this.#refusedNotification();
  }

  async startSecondReplica(): Promise<void> {
    await this.#startReplica(1);
  }

  async loseDatabase(): Promise<void> {
    await this.#parts.postgres.stop();
  }

  async stop(): Promise<void> {
    const { pair, flaky, postgres, directory } = this.#parts;
    await Promise.all(this.#replicas.map((replica) => replica.stop()));
    await Promise.all([pair.stop(), flaky.stop(), postgres.stop(), directory.remove()]);
  }

  async #begin(): Promise<void> {
    const { pair, flaky } = this.#parts;
    for (const repository of ['team/app', 'team/broken'])
      await pushContent(pair.primary, repository, ociImage(repository), { tag: 'v1' });
    await pushContent(pair.secondary, 'team/app', ociImage('nobody misses it'), { tag: 'orphan' });
    for (const method of ['PUT', 'POST'])
      flaky.faults.add({ repository: 'team/broken', method, fault: jsonStatus(403, 'DENIED') });
    await this.#startReplica(0);
  }

  async #startReplica(index: 0 | 1): Promise<void> {
    const { pair, flaky, directory, databaseUrl, ports } = this.#parts;
    const file = await directory.write(
      `replica-${index}.yaml`,
      `registries:
  eu: { url: "${pair.primary.url}" }
  us: { url: "${pair.secondary.url}" }
  ap: { url: "${flaky.url}" }
links:
  - { name: eu-to-all, primary: eu, secondaries: [us, ap], schedule: "0 0 1 1 *", deletions: { orphans: delete },
      repositories: { include: ["team/**"] } }
  - { name: quiet, primary: eu, secondaries: [us], schedule: "0 0 1 1 *", rename: { prefix: "quiet/" },
      repositories: { include: ["team/app"] } }
notifications:
  incoming:
    - { path: /hooks/eu, kind: distribution, registry: eu, secret: { env: HOOK_SECRET } }
database: { url: { env: DATABASE_URL } }
server: { port: ${ports[index]} }
`,
    );
    const replica = RunningService.start(`replica ${index}`, file, {
      environment: { DATABASE_URL: databaseUrl, HOOK_SECRET },
      workingDirectory: directory.path,
    });
    this.#replicas.push(replica);
    await replica.url();
  }

  /** Asks the first replica for a cycle, and waits for its end. */
  async #ask(work: 'resync' | 'verify', body: unknown = {}): Promise<void> {
    const api = `${this.url}/api/v1`;
    const answer = await fetch(`${api}/links/eu-to-all/${work}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const { id } = (await answer.json()) as { readonly id: string };
    for (;;) {
      const cycle = (await (await fetch(`${api}/cycles/${id}`)).json()) as { readonly status: string };
      if (cycle.status === 'finished') return;
      await sleep(100);
    }
  }

  async #refusedNotification(): Promise<void> {
    const answer = await fetch(`${this.url}/hooks/eu`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer of-another' },
      body: JSON.stringify({ events: [] }),
    });
    if (answer.status !== 401) throw new Error(`a wrong secret was answered ${answer.status}`);
  }
}
