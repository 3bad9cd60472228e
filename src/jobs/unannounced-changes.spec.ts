import { beforeEach, describe, expect, it } from '@jest/globals';
import type { LiveConfiguration } from '../config/live-configuration.ts';
import { CycleObserver, type LinkName } from '../reconciliation/cycle-observer.ts';
import type { SecondaryOutcome } from '../reconciliation/link-session.ts';
import type { NotificationEventStore } from '../state/notification-event.store.ts';
import type { ClaimedRun, RunSide } from '../state/repository-run.store.ts';
import { Clock } from '../time/clock.ts';
import type { ServiceLog } from './service-log.ts';
import { LATE_EVENT_SECONDS, UnannouncedChanges } from './unannounced-changes.ts';

/** Stands still until it is moved. */
class HandClock extends Clock {
  seconds = 0;
  readonly #sleepers = new Set<{ readonly until: number; readonly wake: () => void }>();

  override now(): Date {
    return new Date(this.seconds * 1000);
  }

  override monotonicSeconds(): number {
    return this.seconds;
  }

  override async sleep(seconds: number, signal?: AbortSignal): Promise<void> {
    await new Promise<void>((wake, cut) => {
      this.#sleepers.add({ until: this.seconds + seconds, wake });
      signal?.addEventListener('abort', () => cut(signal.reason as Error));
    });
  }

  async move(seconds: number): Promise<void> {
    this.seconds += seconds;
    for (const { until, wake } of this.#sleepers) if (until <= this.seconds) wake();
    await settled();
  }
}

class Witness extends CycleObserver {
  readonly told: string[] = [];

  override unannouncedChange({ link, secondary }: LinkName, repository: string, changes: number): void {
    this.told.push(`${link} ${secondary} ${repository} ${changes}`);
  }
}

const TOLD = ['eu-to-us us team/app 2'];

let clock: HandClock;
let witness: Witness;
let announcements: string[];
let isDatabaseAway: boolean;

beforeEach(() => {
  clock = new HandClock();
  witness = new Witness();
  announcements = [];
  isDatabaseAway = false;
});

function unannounced(hooks: readonly string[] = ['/hooks/eu']): UnannouncedChanges {
  const configuration = {
    link: (name: string) => ({ name, primary: { name: 'eu' } }),
    hooksOf: () => hooks,
  } as unknown as LiveConfiguration;
  const events = {
    hasAnnounced: ([hook]: readonly string[], repository: string, since: Date) =>
      isDatabaseAway
        ? Promise.reject(new Error('no database'))
        : Promise.resolve(announcements.includes(`${hook} ${repository} ${since.toISOString()}`)),
  } as unknown as NotificationEventStore;
  const log = { debug: () => undefined } as unknown as ServiceLog;
  return new UnannouncedChanges({ configuration, events, observer: witness, clock, log });
}

function run(command = 'sync'): ClaimedRun {
  return {
    cycle: { link: 'eu-to-us', work: { command } },
    repository: { name: 'team/app' },
    beganAt: new Date(0),
  } as unknown as ClaimedRun;
}

function side(announced: RunSide['announced'] = 'not'): RunSide {
  return { secondary: 'us', announced } as RunSide;
}

function found(changes: number): SecondaryOutcome {
  return { secondary: 'us', changes } as SecondaryOutcome;
}

async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

describe('a change that a run has found', () => {
  it('is told when no event has come, and not before a late one could', async () => {
    unannounced().consider(run(), side(), found(2));

    await clock.move(LATE_EVENT_SECONDS - 1);
    expect(witness.told).toEqual([]);
    await clock.move(1);
    expect(witness.told).toEqual(TOLD);
  });

  it('is not told when its event came while the run went on, or after it', async () => {
    unannounced().consider(run(), side(), found(2));
    announcements.push(`/hooks/eu team/app ${new Date(0).toISOString()}`);
    await clock.move(LATE_EVENT_SECONDS);

    expect(witness.told).toEqual([]);
  });

  it.each<[string, { of?: ClaimedRun; on?: RunSide; changes?: number; hooks?: string[] }]>([
    ['an event announced', { on: side('by-event') }],
    ['is none', { changes: 0 }],
    ['is on a registry that tells of none', { hooks: [] }],
    ['a plan only looked at', { of: run('plan') }],
  ])(
    'that %s is not told',
    async (_what, { of = run(), on = side(), changes = 2, hooks = ['/hooks/eu'] }) => {
      unannounced(hooks).consider(of, on, found(changes));
      await clock.move(LATE_EVENT_SECONDS);

      expect(witness.told).toEqual([]);
    },
  );

  it('is not told of when nobody can say whether an event has come', async () => {
    isDatabaseAway = true;
    unannounced().consider(run(), side(), found(2));
    await clock.move(LATE_EVENT_SECONDS);

    expect(witness.told).toEqual([]);
  });

  it('keeps nobody from ending, and is not told then', async () => {
    const changes = unannounced();
    changes.consider(run(), side(), found(2));
    await changes.stop();
    changes.consider(run(), side(), found(2));
    await clock.move(LATE_EVENT_SECONDS);

    expect(witness.told).toEqual([]);
  });
});
