import { imageWithReferrersTag } from '../test/builders/referrer-content.ts';
import { pushContent } from '../test/builders/push-content.ts';
import { pushCorpus } from '../test/builders/push-corpus.ts';
import { WorkDirectory } from '../test/e2e/work-directory.ts';
import { countTraffic, type CountsResult } from './counts.ts';
import { startRegistry, type CountedRegistry } from './counted-registry.ts';
import { goal, type Goal } from './goal.ts';
import type { Bench } from './scenario.ts';
import type { Traffic } from './traffic.ts';

const COLUMNS = [
  'link',
  'requests per tag',
  'HEAD + listings + other GET on the primary',
  'HEAD + listings + other GET on the secondary',
  'writes',
];

interface Link {
  readonly title: string;
  readonly flags: readonly string[];
}

interface Reading {
  readonly title: string;
  readonly primary: Traffic;
  readonly secondary: Traffic;
}

/** What a tag costs that did not change since the last cycle, where only some platforms are copied. */
export async function measurePlatforms(bench: Bench): Promise<CountsResult> {
  const primary = await startRegistry(bench.provider);
  try {
    console.error('platforms: filling the primary');
    const { repositories, tags } = await pushCorpus(primary.url, bench.options.countsCorpus);
    const readings = await readEach(bench, primary, [
      { title: 'all platforms', flags: [] },
      { title: 'linux/amd64', flags: ['--platform', 'linux/amd64'] },
    ]);
    return {
      title: 'Unchanged tags with a platform filter',
      content: `${repositories} repositories, ${tags} tags; the second cycle, with the state of the first`,
      table: [COLUMNS, ...readings.map((reading) => rowOf(reading, tags))],
      goals: readings.map((reading) => asksLittle(reading, tags)),
    };
  } finally {
    await primary.stop();
  }
}

/** What a tag costs that did not change, and neither did its two referrers, on registries without the referrers API. */
export async function measureReferrers(bench: Bench): Promise<CountsResult> {
  const primary = await startRegistry(bench.provider);
  try {
    console.error('referrers: filling the primary');
    const { repositories, tags } = bench.options.countsCorpus;
    for (let number = 0; number < tags; number += 1) {
      const content = imageWithReferrersTag(`signed ${number}`);
      await pushContent(primary.url, `signed/app-${number % repositories}`, content, { tag: `v${number}` });
    }
    const readings = await readEach(bench, primary, [{ title: 'with referrers', flags: [] }]);
    // The tag that lists the referrers is one of them.
    const listed = 2 * tags;
    return {
      title: 'Unchanged tags with referrers',
      content: `${repositories} repositories, ${tags} tags with two referrers each and ${tags} referrers tags; the second cycle`,
      table: [COLUMNS, ...readings.map((reading) => rowOf(reading, listed))],
      goals: readings.map((reading) => asksLittle(reading, listed)),
    };
  } finally {
    await primary.stop();
  }
}

async function readEach(
  bench: Bench,
  primary: CountedRegistry,
  links: readonly Link[],
): Promise<readonly Reading[]> {
  const readings: Reading[] = [];
  for (const link of links) readings.push(await readSecondCycle(bench, primary, link));
  return readings;
}

async function readSecondCycle(
  { options, provider }: Bench,
  primary: CountedRegistry,
  { title, flags }: Link,
): Promise<Reading> {
  const [secondary, directory] = await Promise.all([startRegistry(provider), WorkDirectory.create()]);
  try {
    const sync = async (): Promise<readonly Traffic[]> =>
      await countTraffic(
        [
          options.programs[0],
          ...['sync', '--primary', primary.url, '--secondary', secondary.url],
          ...['--data', `${directory.path}/data`, ...flags],
        ],
        [primary, secondary],
      );
    await sync();
    const [onPrimary, onSecondary] = await sync();
    if (onPrimary === undefined || onSecondary === undefined) throw new Error('nothing was counted');
    return { title, primary: onPrimary, secondary: onSecondary };
  } finally {
    await Promise.all([secondary.stop(), directory.remove()]);
  }
}

function rowOf({ title, primary, secondary }: Reading, tags: number): string[] {
  const reads = ({ heads, listings, gets }: Traffic): string => `${heads} + ${listings} + ${gets}`;
  return [
    title,
    ((primary.requests + secondary.requests) / tags).toFixed(2),
    reads(primary),
    reads(secondary),
    String(secondary.writes),
  ];
}

function asksLittle({ title, primary, secondary }: Reading, tags: number): Goal {
  const heads = primary.heads + secondary.heads;
  return goal(
    `${title}: at most one HEAD per unchanged tag and side, no manifest read, no write`,
    `${(heads / tags).toFixed(2)} HEADs per tag, ${primary.gets + secondary.gets} other GETs, ${secondary.writes} writes`,
    () => heads <= 2 * tags && primary.gets + secondary.gets === 0 && secondary.writes === 0,
  );
}
