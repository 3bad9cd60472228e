import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ociImage } from '../../builders/image-content.ts';
import { pushContent } from '../../builders/push-content.ts';
import { registryForTests } from '../../registries/registry-for-tests.ts';
import { DistributionStorage } from '../distribution-storage.ts';
import { startPair, tagsOf, type RegistryPair } from '../registry-pair.ts';
import { WorkDirectory } from '../work-directory.ts';
import type { Json } from './event-reader.ts';
import { RunningService } from './running-service.ts';

const registry = await registryForTests();

/** Far enough away that whatever happens was asked for. */
const ONCE_A_YEAR = '0 0 1 1 *';

(registry.isAvailable ? describe : describe.skip)(
  registry.titleOf('a service whose primary loses a repository'),
  () => {
    let pair: RegistryPair;
    let directory: WorkDirectory;
    let service: RunningService;
    let base: string;

    beforeAll(async () => {
      pair = await startPair(registry.provider);
      for (const name of ['team/app', 'team/web']) {
        for (const tag of ['v1', 'v2']) {
          await pushContent(pair.primary, name, ociImage(`${name}:${tag}`), { tag });
        }
      }
      directory = await WorkDirectory.create();
      const file = await directory.write(
        'geo-reconciler.yaml',
        `registries:
  eu: { url: "${pair.primary.url}" }
  us: { url: "${pair.secondary.url}" }
links:
  - name: eu-to-us
    primary: eu
    secondaries: [us]
    schedule: "${ONCE_A_YEAR}"
    deletions: { orphans: delete, minAbsence: 0s, minObservations: 1 }
server: { port: 0 }
log: { level: debug }
`,
      );
      service = RunningService.start('service', file, { workingDirectory: directory.path });
      base = `${await service.url()}/api/v1`;
      await service.line(({ msg, outcome }) => msg === 'a cycle ended' && outcome === 'in-sync');
    }, 120_000);

    afterAll(async () => {
      await service.stop();
      await Promise.all([pair.stop(), directory.remove()]);
    }, 60_000);

    async function get(path: string): Promise<Json> {
      return await (await fetch(`${base}${path}`)).json();
    }

    /** Asks for a cycle over the whole link, and waits for its end. */
    async function resync(): Promise<Json> {
      const after = service.lines.length;
      const answer = await fetch(`${base}/links/eu-to-us/resync`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{}',
      });
      expect(answer.status).toBe(202);
      const { id } = (await answer.json()) as Json;
      await service.line(({ msg, cycle }) => msg === 'a cycle ended' && cycle === id, { after });
      return await get(`/cycles/${id}`);
    }

    it('shows it with its tags held, in the cycle and in the state, and deletes none of them', async () => {
      await new DistributionStorage(pair.primary).removeRepository('team/app');

      const first = await resync();
      const second = await resync();
      const repository = await get('/links/eu-to-us/repositories/team%2Fapp');
      const held = await get('/links/eu-to-us/repositories?state=held');

      for (const cycle of [first, second]) {
        expect(cycle).toMatchObject({
          outcome: 'held',
          report: {
            links: [
              {
                secondary: 'us',
                totals: { repositories: 2, orphans: 2, held: 2, deleted: 0 },
                repositories: [
                  {
                    primaryRepository: 'team/app',
                    outcome: 'held',
                    steps: ['v1', 'v2'].map((tag) => ({ tag, outcome: 'held', reason: 'PRIMARY_EMPTY' })),
                  },
                ],
              },
            ],
          },
        });
      }
      expect(repository.secondaries).toMatchObject([{ secondary: 'us', state: 'held' }]);
      expect(repository.tags.items).toMatchObject([
        { tag: 'v1', secondaries: [{ state: 'held', reason: 'PRIMARY_EMPTY' }] },
        { tag: 'v2', secondaries: [{ state: 'held', reason: 'PRIMARY_EMPTY' }] },
      ]);
      expect(held.items).toMatchObject([{ repository: 'team/app' }]);
      expect(await tagsOf(pair.secondary, 'team/app')).toEqual(['v1', 'v2']);
    });
  },
);
