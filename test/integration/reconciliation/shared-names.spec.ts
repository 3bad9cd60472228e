import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Configuration } from '../../../src/config/configuration.ts';
import { compilePrefix } from '../../../src/policy/rename.ts';
import { MemoryStateStore } from '../../../src/state/memory-state.store.ts';
import type { StateStore } from '../../../src/state/state-store.ts';
import { SystemClock } from '../../../src/time/system-clock.ts';
import { ociImage } from '../../builders/image-content.ts';
import { pushContent } from '../../builders/push-content.ts';
import { jsonStatus } from '../../fakes/fake-faults.ts';
import { FakeRegistry } from '../../fakes/fake-registry.ts';
import { reconcile } from './reconcile.ts';

let primary: FakeRegistry;
let secondary: FakeRegistry;
let otherPrimary: FakeRegistry;

beforeEach(async () => {
  primary = await FakeRegistry.start({ profile: 'distribution-3.1' });
  secondary = await FakeRegistry.start({ profile: 'distribution-3.1' });
  otherPrimary = await FakeRegistry.start({ profile: 'distribution-3.1' });
  for (const name of ['team/app', 'team/web'])
    await pushContent(primary.url, name, ociImage(name), { tag: 'v1' });
  await pushContent(otherPrimary.url, 'team/app', ociImage('other'), { tag: 'v1' });
});

afterEach(async () => {
  for (const registry of [primary, secondary, otherPrimary]) await registry.stop();
});

/** The link, beside one from another primary to the same secondary. */
function besideOther(prefix?: string): (configuration: Configuration) => Configuration {
  return (configuration) => ({
    ...configuration,
    links: configuration.links.map((link) => {
      const url = new URL(otherPrimary.url);
      const rename = prefix === undefined ? link.policy.rename : compilePrefix(prefix);
      const policy = { ...link.policy, rename };
      const registry = { ...link.primary, name: 'other', url, origin: url.origin };
      return { ...link, neighbours: [{ name: 'other-link', primary: registry, policy }] };
    }),
  });
}

async function outcomes(
  change: (configuration: Configuration) => Configuration,
  store: StateStore = new MemoryStateStore(new SystemClock()),
): Promise<unknown> {
  const options = { primary: primary.url, secondary: [secondary.url], deleteOrphans: true };
  const report = await reconcile({ options, change, store });
  return report.links[0]?.repositories.map(({ primaryRepository, outcome, failure }) => [
    primaryRepository,
    outcome,
    failure?.reason ?? null,
  ]);
}

describe('a repository that another link writes to the same secondary', () => {
  it('is refused, and the others are copied', async () => {
    expect(await outcomes(besideOther())).toEqual([
      ['team/app', 'failed', 'NAME_COLLISION'],
      ['team/web', 'in-sync', null],
    ]);
    expect(secondary.storage.tags('team/app').size).toBe(0);
  });

  it('is refused with the reason for which nobody can tell, where the other primary does not list', async () => {
    otherPrimary.faults.add({ operation: 'list-catalog', fault: jsonStatus(403, 'DENIED') });

    expect(await outcomes(besideOther())).toEqual([
      ['team/app', 'failed', 'FORBIDDEN'],
      ['team/web', 'failed', 'FORBIDDEN'],
    ]);
    expect(secondary.history.matching({ method: 'PUT' })).toEqual([]);
  });

  it('has moved to the other link where it has vanished from this one', async () => {
    const store = new MemoryStateStore(new SystemClock());
    await outcomes((configuration) => configuration, store);
    primary.storage.deleteRepository('team/app');

    expect(await outcomes(besideOther(), store)).toEqual([['team/web', 'in-sync', null]]);
    otherPrimary.storage.deleteRepository('team/app');
    expect(await outcomes(besideOther(), store)).toEqual([
      ['team/app', 'held', null],
      ['team/web', 'in-sync', null],
    ]);
    expect([...secondary.storage.tags('team/app').keys()]).toEqual(['v1']);
  });

  it('is not looked for where the names cannot meet', async () => {
    expect(await outcomes(besideOther('mirror/'))).toEqual([
      ['team/app', 'in-sync', null],
      ['team/web', 'in-sync', null],
    ]);
    expect(otherPrimary.history.count({ operation: 'list-catalog' })).toBe(0);
  });
});
