import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { adHocConfiguration } from '../../src/config/ad-hoc-configuration.ts';
import type { CycleReport } from '../../src/planning/cycle-report.ts';
import { CycleObserver } from '../../src/reconciliation/cycle-observer.ts';
import { Reconciler } from '../../src/reconciliation/reconciler.ts';
import { RegistryConnections } from '../../src/reconciliation/registry-connections.ts';
import { RegistryObserver } from '../../src/registry/registry-observer.ts';
import { MemoryStateStore } from '../../src/state/memory-state.store.ts';
import { SystemClock } from '../../src/time/system-clock.ts';
import { ociImage } from '../builders/image-content.ts';
import { pushContent } from '../builders/push-content.ts';
import { FakeRegistry } from '../fakes/fake-registry.ts';

/** Cancels once both sides are compared and nothing but orphans is left to do. */
class CancelWhenPlanned extends CycleObserver {
  readonly #controller = new AbortController();

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  override repositoryPlanned(): void {
    this.#controller.abort();
  }
}

describe('a cycle that is cancelled before its orphans are judged', () => {
  let primary: FakeRegistry;
  let secondary: FakeRegistry;
  const clock = new SystemClock();
  const connections = new RegistryConnections(clock, new RegistryObserver());

  beforeEach(async () => {
    primary = await FakeRegistry.start();
    secondary = await FakeRegistry.start();
    for (const registry of [primary, secondary]) {
      await pushContent(registry.url, 'team/app', ociImage('kept'), { tag: 'kept' });
    }
    await pushContent(secondary.url, 'team/app', ociImage('gone'), { tag: 'gone' });
  });

  afterEach(async () => {
    connections.close();
    await primary.stop();
    await secondary.stop();
  });

  async function syncCancelled(): Promise<CycleReport> {
    const { links } = adHocConfiguration(
      {
        primary: primary.url,
        secondary: [secondary.url],
        repository: [],
        tag: [],
        platform: [],
        deleteOrphans: true,
        deleteFallback: 'tombstone',
      },
      {},
    );
    const observer = new CancelWhenPlanned();
    const store = new MemoryStateStore(clock);
    const reconciler = new Reconciler({ connections, store, clock, observer });
    return await reconciler.run({ work: { command: 'sync' }, links }, observer.signal);
  }

  it('ends with a report that says so, and deletes nothing', async () => {
    const report = await syncCancelled();

    expect(report.links[0]?.repositories[0]?.steps).toEqual([
      expect.objectContaining({ tag: 'gone', outcome: 'failed', reason: 'CANCELLED' }),
    ]);
    expect(secondary.history.count({ operation: 'delete-tag' })).toBe(0);
    expect(secondary.history.count({ operation: 'delete-manifest' })).toBe(0);
  });
});
