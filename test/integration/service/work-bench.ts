import { randomUUID } from 'node:crypto';
import { expect } from '@jest/globals';
import { Secret } from '../../../src/config/secret.ts';
import { failedRepository } from '../../../src/reconciliation/failed-repository.ts';
import type { CycleAdvance, CycleItem } from '../../../src/state/cycle-items.store.ts';
import type { CycleWish, LinkCycleRecord, StoredListing } from '../../../src/state/link-cycle.ts';
import { openState } from '../../../src/state/open-state.ts';
import type { OpenState } from '../../../src/state/opened-state.ts';
import type {
  Claim,
  ClaimedRun,
  RunEnd,
  RunFinish,
  RunSide,
} from '../../../src/state/repository-run.store.ts';
import type { ServiceStores } from '../../../src/state/service-stores.ts';
import { runStatement, startPostgres, type PostgresHarness } from '../../databases/postgres-harness.ts';

type Row = Record<string, unknown>;

/** How a run ends for a test, on each secondary alike. */
export type TestEnd = Partial<RunEnd> & { readonly secondaries?: readonly string[] };

/** The rows that the service works from, in a PostgreSQL of its own, as workers see them. Each test has a link of its own. */
export class WorkBench {
  readonly #postgres: PostgresHarness;
  readonly state: OpenState;
  readonly url: string;
  readonly secondaries: readonly string[];
  link = '';

  private constructor(
    postgres: PostgresHarness,
    opened: { readonly state: OpenState; readonly url: string },
    secondaries: readonly string[],
  ) {
    this.#postgres = postgres;
    this.state = opened.state;
    this.url = opened.url;
    this.secondaries = secondaries;
  }

  static async start(secondaries: readonly string[]): Promise<WorkBench> {
    const postgres = await startPostgres();
    const url = await postgres.freshDatabase();
    const state = await openState({ kind: 'postgres', url: new Secret(url) }, 'read-write', () => undefined);
    return new WorkBench(postgres, { state, url }, secondaries);
  }

  async stop(): Promise<void> {
    await this.state.close();
    await this.#postgres.stop();
  }

  get stores(): ServiceStores {
    return this.state.service!;
  }

  newLink(): void {
    this.link = `link-${randomUUID()}`;
  }

  wish(of: Partial<CycleWish> = {}): CycleWish {
    return {
      link: this.link,
      cause: 'schedule',
      work: { command: 'sync', mode: 'diff' },
      scope: { kind: 'all' },
      ...of,
    };
  }

  async startNext(): Promise<LinkCycleRecord | undefined> {
    return await this.stores.cycles.startNext(this.link, this.secondaries);
  }

  /** Writes down that a cycle is about these repositories, on all of its secondaries. */
  async list(
    cycle: LinkCycleRecord,
    names: readonly string[],
    of: { readonly failures?: StoredListing['failures']; readonly tags?: readonly string[] } = {},
  ): Promise<void> {
    const { failures = {}, tags = [] } = of;
    const secondaries = Object.keys(cycle.stages).filter((name) => failures[name] === undefined);
    const items = names.map((name): CycleItem => ({ name, namedBy: 'catalog', tags, secondaries }));
    await this.stores.items.recordListing(cycle, {
      items,
      linkSecondaries: this.secondaries,
      listing: {
        failures,
        refused: [],
        requestsPrimary: 1,
        requestsSecondaries: Object.fromEntries(Object.keys(cycle.stages).map((name) => [name, 1])),
      },
    });
  }

  /** A cycle under way over repositories that wait. */
  async copying(...names: string[]): Promise<LinkCycleRecord> {
    return await this.begin(names);
  }

  async begin(
    names: readonly string[],
    of: {
      readonly wish?: Partial<CycleWish>;
      readonly failures?: StoredListing['failures'];
      readonly tags?: readonly string[];
    } = {},
  ): Promise<LinkCycleRecord> {
    await this.stores.cycles.request(this.wish(of.wish));
    const cycle = await this.startNext();
    await this.list(cycle!, names, of);
    return cycle!;
  }

  async claim(
    cycle: LinkCycleRecord,
    repository: string,
    of: { readonly seconds?: number; readonly secondary?: string; readonly without?: readonly string[] } = {},
  ): Promise<Claim> {
    const { seconds = 30, secondary, without = [] } = of;
    return await this.stores.runs.claim(
      { cycleId: cycle.id, repository, secondary, without: new Set(without) },
      { owner: randomUUID(), seconds },
    );
  }

  async claimed(
    cycle: LinkCycleRecord,
    repository: string,
    of: Parameters<WorkBench['claim']>[2] = {},
  ): Promise<ClaimedRun> {
    const answer = await this.claim(cycle, repository, of);
    expect(answer.kind).toBe('claimed');
    return (answer as Extract<Claim, { kind: 'claimed' }>).run;
  }

  /** Ends a run on the secondaries that are named, else on all of its own. */
  async finish(run: ClaimedRun, end: TestEnd = {}): Promise<readonly RunFinish[]> {
    const sides = run.sides.filter(({ secondary }) => end.secondaries?.includes(secondary) ?? true);
    const finishes: RunFinish[] = [];
    for (const side of sides) finishes.push(await this.stores.runs.finish(run, side, endOf(side, end)));
    return finishes;
  }

  /** One run from its beginning to its end. */
  async run(cycle: LinkCycleRecord, repository: string, end: TestEnd = {}): Promise<readonly RunFinish[]> {
    return await this.finish(await this.claimed(cycle, repository), end);
  }

  async advance(cycle: LinkCycleRecord, secondaries = this.secondaries): Promise<CycleAdvance> {
    return await this.stores.items.advance(cycle.id, secondaries);
  }

  /** Ends a cycle as a worker does whose secondaries are all through. */
  async end(cycle: LinkCycleRecord): Promise<void> {
    await this.stores.cycles.finish(cycle.id);
  }

  async mark(
    repositories: readonly string[],
    by: 'event' | 'question' | 'doubt' = 'event',
    secondaries: readonly string[] = this.secondaries,
  ): Promise<readonly string[]> {
    const again = await this.stores.marks.mark({ link: this.link, repositories, secondaries }, by);
    return again.map(({ name, secondary }) => `${name} ${secondary}`);
  }

  /** What is due, as `repository secondary`. */
  async due(): Promise<readonly string[]> {
    return (await this.stores.marks.due(this.link)).map(({ name, secondary }) => `${name} ${secondary}`);
  }

  async work(repository: string, secondary = this.secondaries[0]): Promise<Row> {
    const [row] = await this.rows(
      `SELECT state, dirty, retry_count, retry_at, lease_owner FROM repository_work
       WHERE link = '${this.link}' AND repository = '${repository}' AND secondary = '${secondary}'`,
    );
    return row ?? {};
  }

  async rows(statement: string): Promise<readonly Row[]> {
    return await runStatement(this.url, statement);
  }
}

function endOf({ secondary }: RunSide, { secondaries: _, ...end }: TestEnd): RunEnd {
  const report = failedRepository('team/app', 'NETWORK', 'for the test');
  const result = { secondary, report, requestsPrimary: 2, requestsSecondary: 3 };
  return { result, wanted: 0, state: 'synced', retryAfterSeconds: null, ...end };
}
