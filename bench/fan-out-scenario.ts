import { pushCorpus } from '../test/builders/push-corpus.ts';
import { countTraffic, type CountsResult } from './counts.ts';
import { startRegistry, type CountedRegistry } from './counted-registry.ts';
import { goal, type Goal } from './goal.ts';
import { inMegabytes } from './result-table.ts';
import type { Bench } from './scenario.ts';
import type { Traffic } from './traffic.ts';

const FAN_OUTS = [1, 2, 4] as const;

/** How many requests ask in vain for an API before the first answer says so is chance, with one secondary as well. */
const MOST_OF_ONE = 1.01;

interface Reading {
  readonly secondaries: number;
  readonly cycle: 'empty' | 'equal';
  readonly traffic: Traffic;
}

/** What several secondaries cost the primary: first when they are empty, then when they are equal. */
export async function measureFanOut(bench: Bench): Promise<CountsResult> {
  const primary = await startRegistry(bench.provider);
  try {
    console.error('fan-out: filling the primary');
    const totals = await pushCorpus(primary.url, bench.options.countsCorpus);
    const readings: Reading[] = [];
    for (const secondaries of FAN_OUTS) readings.push(...(await readFor(bench, primary, secondaries)));
    return {
      title: 'Fan-out: several secondaries of one link',
      content: `${totals.repositories} repositories, ${totals.tags} tags`,
      table: [
        ['secondaries', 'they are', 'requests to the primary', 'HEAD + GET', 'MB read from the primary'],
        ...readings.map(rowOf),
      ],
      goals: [costsAsOne(readings, 'empty'), costsAsOne(readings, 'equal')],
    };
  } finally {
    await primary.stop();
  }
}

async function readFor(
  { options, provider }: Bench,
  primary: CountedRegistry,
  count: number,
): Promise<readonly Reading[]> {
  const secondaries: CountedRegistry[] = [];
  try {
    for (let number = 0; number < count; number += 1) secondaries.push(await startRegistry(provider));
    const readings: Reading[] = [];
    for (const cycle of ['empty', 'equal'] as const) {
      console.error(`fan-out: ${count} secondaries, ${cycle}`);
      const flags = secondaries.flatMap(({ url }) => ['--secondary', url]);
      const [traffic] = await countTraffic(
        [options.programs[0], 'sync', '--primary', primary.url, ...flags],
        [primary],
      );
      if (traffic !== undefined) readings.push({ secondaries: count, cycle, traffic });
    }
    return readings;
  } finally {
    await Promise.all(secondaries.map((secondary) => secondary.stop()));
  }
}

function rowOf({ secondaries, cycle, traffic }: Reading): string[] {
  const { requests, heads, gets, listings, blobBytesSent } = traffic;
  return [
    String(secondaries),
    cycle,
    String(requests),
    `${heads} + ${gets + listings}`,
    inMegabytes(blobBytesSent),
  ];
}

function costsAsOne(readings: readonly Reading[], wanted: Reading['cycle']): Goal {
  const [one, ...more] = readings.filter(({ cycle }) => cycle === wanted).map(({ traffic }) => traffic);
  const ratioOf = (figure: (traffic: Traffic) => number): number =>
    Math.max(...more.map((traffic) => (one === undefined ? Number.NaN : figure(traffic) / figure(one) || 1)));
  const requests = ratioOf((traffic) => traffic.requests);
  const bytes = ratioOf(({ blobBytesSent }) => blobBytesSent);
  return goal(
    `secondaries that are ${wanted}: two and four cost the primary what one does`,
    `at most ${requests.toFixed(3)} of the requests and ${bytes.toFixed(3)} of the bytes`,
    () => requests <= MOST_OF_ONE && bytes <= MOST_OF_ONE,
  );
}
