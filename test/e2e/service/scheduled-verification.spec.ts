import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { findPullProblems } from '../../builders/pull-witness.ts';
import { startPostgres, type PostgresHarness } from '../../databases/postgres-harness.ts';
import { registryForTests } from '../../registries/registry-for-tests.ts';
import { startPair, type RegistryPair } from '../registry-pair.ts';
import { DamagedLink } from './damaged-link.ts';
import type { LogLine } from './running-service.ts';

const registry = await registryForTests();

(registry.isAvailable ? describe : describe.skip)(registry.titleOf('a verification by schedule'), () => {
  let pair: RegistryPair;
  let postgres: PostgresHarness;
  const links = ['embedded', 'postgres'].map((kind) => new DamagedLink(kind));

  // All at once: the schedule lets a link be verified every 10 s and not more often.
  beforeAll(async () => {
    [pair, postgres] = await Promise.all([startPair(registry.provider), startPostgres()]);
    const url = await postgres.freshDatabase();
    await Promise.all(links.map((link) => link.start(pair, link.kind === 'postgres' ? url : undefined)));
  }, 120_000);

  afterAll(async () => {
    await Promise.all(links.map((link) => link.stop()));
    await Promise.all([pair.stop(), postgres.stop()]);
  }, 60_000);

  it.each(links)(
    'notices bad bytes below equal digests, and doubts the tag until they are good, with its state in $kind',
    async (link) => {
      const { digest, service } = link;
      await service.line(({ msg }) => msg.startsWith('a verification failed'), { seconds: 30 });
      const doubted = await link.position('damaged');
      // Distribution keeps the bytes that it has, whatever is pushed: whoever only pushed would call this healed.
      const attempt = await service.line(isFailedSync);
      const stillDoubted = await link.position('damaged');
      const sound = await link.position('sound');
      const causes = await link.causes();
      await link.removeBadBytes();
      const healed = await link.ask('resync', {});
      const good = await link.ask('verify', { depth: 'content' });
      const whole = await link.look();
      const verified = await link.position('damaged');

      expect(doubted).toMatchObject({ primaryDigest: digest, secondaryDigest: digest });
      expect(doubted?.doubtedAt).not.toBeNull();
      expect(attempt).toMatchObject({ outcome: 'partial', failed: 1 });
      expect(stillDoubted?.doubtedAt).toBe(doubted?.doubtedAt);
      expect(sound).toMatchObject({ lastVerifiedDepth: 'content', doubtedAt: null });
      expect(causes).toEqual(['sync by retry', 'sync by schedule', 'verify by schedule']);
      // The tag was equal, and was walked nevertheless.
      expect(healed.report.links[0].repositories).toMatchObject([
        { steps: [{ kind: 'verify-tag', tag: 'damaged', outcome: 'done' }] },
      ]);
      expect(good.outcome).toBe('in-sync');
      expect(verified).toMatchObject({
        primaryDigest: digest,
        secondaryDigest: digest,
        lastVerifiedDepth: 'content',
        doubtedAt: null,
      });
      expect(whole.dirty).toBe(false);
      expect(await findPullProblems(pair.secondary, link.repository, 'damaged', 'content')).toEqual([]);
    },
    60_000,
  );
});

function isFailedSync({ msg, command, outcome }: LogLine): boolean {
  return msg === 'a cycle ended' && command === 'sync' && outcome !== 'in-sync';
}
