import { describe, expect, it } from '@jest/globals';
import type { CycleRequests } from '../../jobs/cycle-requests.ts';
import { digestOf } from '../../oci/digest.ts';
import { parseRepositoryName, parseTag } from '../../oci/reference.ts';
import type { RiskViewStore, TagSighting } from '../../state/views/risk-view.store.ts';
import { RequestClock } from '../http/request-clock.ts';
import { hasArrived, TagArrival } from './tag-arrival.ts';
import type { WantedReference } from './wait-query.ts';

const [NEW, OLD, FILTERED] = ['new', 'old', 'filtered'].map((text) => digestOf(Buffer.from(text)));

const WANTED: WantedReference = {
  repository: parseRepositoryName('team/app'),
  tag: parseTag('v1'),
  digest: null,
};

function seen(change: Partial<TagSighting> = {}): TagSighting {
  return {
    secondary: 'us',
    isKnown: true,
    isFresh: true,
    state: 'in_sync',
    primaryDigest: NEW!,
    secondaryDigest: NEW!,
    reason: null,
    message: null,
    ...change,
  };
}

describe('a tag has arrived', () => {
  it.each([
    ['when every secondary was seen to have it', [seen(), seen({ secondary: 'asia' })], null, true],
    ['not when nobody was looked at', [], null, false],
    [
      'not when one of them lacks it',
      [seen(), seen({ state: 'missing', secondaryDigest: null })],
      null,
      false,
    ],
    ['not when the look is older than the question', [seen(), seen({ isFresh: false })], null, false],
    ['not when it failed', [seen({ state: 'failed' })], null, false],
    ['not when nothing is known of it', [seen({ state: null, primaryDigest: null })], null, false],
    [
      'not when it moved between two looks',
      [seen(), seen({ primaryDigest: OLD!, secondaryDigest: OLD! })],
      null,
      false,
    ],
    ['with the digest that was named', [seen()], NEW!, true],
    ['not with another digest', [seen()], OLD!, false],
    ['with the digest of the primary under a filter', [seen({ secondaryDigest: FILTERED! })], NEW!, true],
    ['with the digest that a filter makes', [seen({ secondaryDigest: FILTERED! })], FILTERED!, true],
  ])('%s', (_when, sightings, digest, expected) => {
    expect(hasArrived(sightings, { ...WANTED, digest })).toBe(expected);
  });
});

/** Only sleeping moves it. */
class SleepersClock extends RequestClock {
  seconds = 0;

  override now(): Date {
    return new Date(this.seconds * 1000);
  }
  override monotonicSeconds(): number {
    return this.seconds;
  }
  override sleep(seconds: number): Promise<void> {
    this.seconds += seconds;
    return Promise.resolve();
  }
}

/** Waits, and remembers what the workers were asked for. */
function waiting(sightingsAt: (second: number) => readonly TagSighting[]) {
  const clock = new SleepersClock();
  const asked: string[] = [];
  const risks = {
    now: () => Promise.resolve(new Date(0)),
    sightings: () => Promise.resolve(sightingsAt(clock.seconds)),
  } as unknown as RiskViewStore;
  const requests = {
    markDirty: (_link: string, _repositories: readonly string[], by: string) =>
      Promise.resolve(asked.push(`${clock.seconds} ${by}`)),
    request: () => Promise.resolve(asked.push(`${clock.seconds} cycle`)),
  } as unknown as CycleRequests;
  const arrival = new TagArrival({ risks, requests, clock });
  const until = (timeoutSeconds: number, signal = new AbortController().signal) =>
    arrival.until({ link: 'eu-to-us', secondaries: ['us'] }, WANTED, timeoutSeconds, signal);
  return { asked, until, elapsed: () => clock.seconds };
}

describe('waiting for a tag', () => {
  it('asks for one look, and answers as soon as it is there', async () => {
    const { asked, until, elapsed } = waiting((second) => [seen({ isFresh: second >= 3 })]);

    expect((await until(60)).kind).toBe('arrived');
    expect(asked).toEqual(['0 question']);
    expect(elapsed()).toBe(3);
  });

  it('asks for a cycle where the repository is not known, and marks it when it is', async () => {
    const { asked, until } = waiting((second) => [
      seen({ isKnown: second >= 2, isFresh: second >= 2, state: second >= 9 ? 'in_sync' : 'missing' }),
    ]);

    await until(60);

    expect(asked).toEqual(['0 cycle', '5 question']);
  });

  it('asks again while it is not there, but not all the time', async () => {
    const { asked, until } = waiting(() => [seen({ state: 'missing' })]);

    expect((await until(12)).kind).toBe('late');
    expect(asked).toEqual(['0 question', '5 question', '10 question']);
  });

  it('does not ask again while its question waits for a long cycle', async () => {
    const { asked, until } = waiting(() => [seen({ isFresh: false })]);

    await until(40);

    expect(asked).toEqual(['0 question', '30 question']);
  });

  it('ends at the time-out, not a look later', async () => {
    const { until, elapsed } = waiting(() => [seen({ isFresh: false })]);

    await until(2.5);

    expect(elapsed()).toBe(2.5);
  });

  it('ends when its caller has left', async () => {
    const { until } = waiting(() => [seen({ isFresh: false })]);

    expect((await until(60, AbortSignal.abort())).kind).toBe('cut-off');
  });
});
