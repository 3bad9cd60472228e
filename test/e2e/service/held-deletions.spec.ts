import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { ociImage } from '../../builders/image-content.ts';
import { deleteTag, pushContent } from '../../builders/push-content.ts';
import { startPostgres, type PostgresHarness } from '../../databases/postgres-harness.ts';
import { registryForTests } from '../../registries/registry-for-tests.ts';
import { startPair, tagsOf, type RegistryPair } from '../registry-pair.ts';
import { WorkDirectory } from '../work-directory.ts';
import { RunningService } from './running-service.ts';

const registry = await registryForTests('distribution3');

const APP = 'team/app';
const LIVE = ['v1', 'v2', 'v3'];
const OLD = ['old-1', 'old-2', 'old-3', 'old-4', 'old-5', 'old-6', 'old-7', 'old-8'];

/** A deletion takes some six requests, so that a batch lasts long enough to be stopped in the middle. */
const REQUESTS_PER_SECOND = 8;

const TOKENS = { viewer: 'token-of-viewer', operator: 'token-of-operator', approver: 'token-of-approver' };

interface Answered {
  readonly status: number;
  readonly json: Readonly<Record<string, unknown>>;
}

interface Document {
  readonly id: string;
  readonly hash: string;
  readonly tag: string;
  readonly state: string;
  readonly items: readonly { readonly tag: string }[];
}

(registry.isAvailable ? describe : describe.skip)(registry.titleOf('deletions that are held'), () => {
  let pair: RegistryPair;
  let postgres: PostgresHarness;
  let directory: WorkDirectory;
  const services: RunningService[] = [];
  let one: string;
  let two: string;

  beforeAll(async () => {
    [pair, postgres, directory] = await Promise.all([
      startPair(registry.provider),
      startPostgres(),
      WorkDirectory.create(),
    ]);
    for (const tag of [...LIVE, 'v4', ...OLD]) await pushContent(pair.primary, APP, ociImage(tag), { tag });
    const tokens = Object.keys(TOKENS).map(
      (role) => `{ name: a-${role}, role: ${role}, token: { env: ${role.toUpperCase()} } }`,
    );
    const file = await directory.write(
      'geo-reconciler.yaml',
      `registries:
  eu: { url: "${pair.primary.url}" }
  us: { url: "${pair.secondary.url}", limits: { requestsPerSecond: ${REQUESTS_PER_SECOND} } }
links:
  - name: eu-to-us
    primary: eu
    secondaries: [us]
    deletions: { orphans: delete, maxPerRepository: 1, minObservations: 1, minAbsence: 0s }
    schedule: "0 0 1 1 *"
database: { url: { env: DATABASE_URL } }
server: { port: 0, tokens: [${tokens.join(', ')}] }
`,
    );
    const environment = {
      DATABASE_URL: await postgres.freshDatabase(),
      VIEWER: TOKENS.viewer,
      OPERATOR: TOKENS.operator,
      APPROVER: TOKENS.approver,
    };
    for (const name of ['one', 'two'])
      services.push(RunningService.start(name, file, { environment, workingDirectory: directory.path }));
    [one, two] = (await Promise.all(services.map((service) => service.url()))) as [string, string];
  }, 120_000);

  afterAll(async () => {
    await Promise.all(services.map((service) => service.stop()));
    await Promise.all([pair.stop(), postgres.stop(), directory.remove()]);
  }, 60_000);

  async function send(
    method: 'GET' | 'POST',
    base: string,
    path: string,
    role: keyof typeof TOKENS,
  ): Promise<Answered> {
    const response = await fetch(`${base}/api/v1${path}`, {
      method,
      headers: { Authorization: `Bearer ${TOKENS[role]}` },
    });
    return { status: response.status, json: (await response.json()) as Answered['json'] };
  }

  async function listed(state: string): Promise<readonly Document[]> {
    return (await send('GET', two, `/deletions?state=${state}`, 'viewer')).json.items as readonly Document[];
  }

  /** Resolves with its outcome when the cycle has ended. */
  async function ended(cycle: unknown): Promise<unknown> {
    for (;;) {
      const { json } = await send('GET', one, `/cycles/${String(cycle)}`, 'viewer');
      if (typeof json.outcome === 'string') return json.outcome;
      await sleep(200);
    }
  }

  async function resync(): Promise<unknown> {
    const { json } = await send('POST', one, '/links/eu-to-us/resync', 'operator');
    return await ended(json.id);
  }

  async function heldPlan(): Promise<Document> {
    const [plan, ...others] = await listed('held');
    expect(others).toEqual([]);
    return plan!;
  }

  async function approve(base: string, { hash }: Document): Promise<Answered> {
    return await send('POST', base, `/deletions/${hash}/approve`, 'approver');
  }

  const cycleOf = ({ json }: Answered): unknown => (json.cycle as { readonly id: string }).id;
  const oldTags = async (): Promise<string[]> =>
    (await tagsOf(pair.secondary, APP)).filter((tag) => tag.startsWith('old-'));

  it('wait for an approver, who approves what is there and nothing else', async () => {
    await resync();
    expect(await oldTags()).toEqual(OLD);
    for (const tag of OLD) await deleteTag(pair.primary, APP, tag);
    expect(await resync()).toBe('held');
    const plan = await heldPlan();
    expect(plan.items.map(({ tag }) => tag)).toEqual(OLD);
    for (const role of ['viewer', 'operator'] as const)
      expect((await send('POST', one, `/deletions/${plan.hash}/approve`, role)).status).toBe(403);

    // One more tag goes before the approval is used.
    await deleteTag(pair.primary, APP, 'v4');
    const approved = await approve(one, plan);
    expect(approved.status).toBe(202);
    expect(await ended(cycleOf(approved))).toBe('held');
    expect(await oldTags()).toEqual(OLD);
    expect(await approve(two, plan)).toMatchObject({
      status: 409,
      json: { code: 'CONFLICT', detail: expect.stringContaining('superseded') },
    });
    expect((await heldPlan()).items.map(({ tag }) => tag)).toEqual([...OLD, 'v4']);
  }, 120_000);

  it('stop in the middle when somebody freezes them, also on another replica', async () => {
    const approved = await approve(two, await heldPlan());
    while ((await listed('done')).length === 0) await sleep(50);
    const frozen = await send('POST', one, '/deletions/freeze', 'operator');
    const atFreeze = (await tagsOf(pair.secondary, APP)).length;
    expect(frozen.status).toBe(200);
    await ended(cycleOf(approved));

    const left = await tagsOf(pair.secondary, APP);
    expect(atFreeze - left.length).toBeLessThanOrEqual(1);
    expect(left.length).toBeGreaterThan(LIVE.length + 1);
    expect(await listed('executed')).toMatchObject([
      { detail: expect.stringMatching(/deleted, \d held back/) },
    ]);
    expect(await resync()).toBe('held');
    expect(await tagsOf(pair.secondary, APP)).toEqual(left);
    await send('POST', two, '/deletions/unfreeze', 'operator');
  }, 120_000);

  it('go on under a new approval, and every deletion can be explained', async () => {
    await resync();
    const approved = await approve(one, await heldPlan());

    expect(await ended(cycleOf(approved))).toBe('in-sync');
    expect(await tagsOf(pair.secondary, APP)).toEqual(LIVE);
    const done = await listed('done');
    expect(done.map(({ tag }) => tag).sort()).toEqual([...OLD, 'v4']);
    for (const deletion of done)
      expect(deletion).toMatchObject({ kind: 'deletion', evidence: { primary: 'unknown' } });
  }, 120_000);

  it('can be undone, and stay undone', async () => {
    const { id } = (await listed('done')).find(({ tag }) => tag === 'old-3')!;

    const restored = await send('POST', one, `/deletions/${id}/restore`, 'approver');
    expect(restored).toMatchObject({ status: 200, json: { state: 'restored', tag: 'old-3' } });
    expect(await tagsOf(pair.secondary, APP)).toEqual(['old-3', ...LIVE]);
    expect(await resync()).toBe('held');
    expect(await resync()).toBe('held');
    expect(await tagsOf(pair.secondary, APP)).toEqual(['old-3', ...LIVE]);
    expect(await heldPlan()).toMatchObject({ items: [{ tag: 'old-3', reason: 'FOREIGN_TAG' }] });
  }, 120_000);
});
