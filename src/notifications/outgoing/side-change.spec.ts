import { describe, expect, it } from '@jest/globals';
import type { OutgoingEvent, OutgoingHook } from '../../config/configuration.ts';
import { Secret } from '../../config/secret.ts';
import type { SideLevel } from '../../state/side-level.store.ts';
import { changesOf } from './side-change.ts';

const FINE = {
  link: 'eu-to-us',
  secondary: 'us',
  failure: null,
  failedRepositories: 0,
  heldRepositories: 0,
  unsettledRepositories: 0,
  lagSeconds: 0,
  objectiveSeconds: 900,
};

const FAILED = { failedRepositories: 2 };
const OUT_OF_REACH = { failure: 'NETWORK' };
const HELD = { heldRepositories: 1 };
const UNSETTLED = { unsettledRepositories: 1 };
const LATE = { lagSeconds: 901 };

const ALL = ['failed', 'recovered', 'held', 'lag'] as const;

function hookFor(events: readonly OutgoingEvent[]): OutgoingHook {
  return { name: 'chat', url: new Secret('https://chat'), events, allowPrivateAddresses: false };
}

/** The events that a hook is told while the levels come one after the other. */
function story(events: readonly OutgoingEvent[], ...levels: readonly Partial<SideLevel>[]): string[] {
  const told = new Map<string, { value: string; version: number }>();
  return levels.map((level) => {
    const changes = changesOf(hookFor(events), { ...FINE, ...level }, (topic) => told.get(topic));
    for (const { topic, to, version } of changes) told.set(topic, { value: to, version: version + 1 });
    return changes
      .filter(({ event }) => events.includes(event))
      .map(({ event }) => event)
      .join('+');
  });
}

describe('what a hook is told', () => {
  it.each([
    ['nothing while all is well', ALL, [{}, {}], ['', '']],
    ['a failure once, and its end', ALL, [FAILED, FAILED, {}, {}], ['failed', '', 'recovered', '']],
    ['a registry out of reach as a failure', ALL, [OUT_OF_REACH, FAILED, {}], ['failed', '', 'recovered']],
    ['what is held, and its end', ALL, [HELD, HELD, {}], ['held', '', 'recovered']],
    [
      'a failure before what is held',
      ALL,
      [{ ...FAILED, ...HELD }, HELD, {}],
      ['failed', 'held', 'recovered'],
    ],
    ['nothing that a cycle may still do', ALL, [UNSETTLED, {}, HELD, UNSETTLED], ['', '', 'held', '']],
    [
      'a lag above the objective, and its end',
      ALL,
      [{ lagSeconds: 900 }, LATE, LATE, {}],
      ['', 'lag', '', 'recovered'],
    ],
    ['each on its own', ALL, [{ ...FAILED, ...LATE }, LATE, {}], ['failed+lag', 'recovered', 'recovered']],
    [
      'no end of what it does not hear of',
      ['failed', 'recovered'] as const,
      [HELD, {}, LATE, {}],
      ['', '', '', ''],
    ],
    [
      'a failure that became held as over, if it does not hear of that',
      ['failed', 'recovered'] as const,
      [FAILED, HELD, {}],
      ['failed', 'recovered', ''],
    ],
    ['failures without their ends', ['failed'] as const, [FAILED, {}, FAILED], ['failed', '', 'failed']],
    [
      'what is held although it failed too, if it does not hear of that',
      ['held'] as const,
      [{ ...FAILED, ...HELD }],
      ['held'],
    ],
  ])('is %s', (_what, events, levels, expected) => {
    expect(story(events, ...levels)).toEqual(expected);
  });
});
