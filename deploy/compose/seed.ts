import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { contentOf, type BuiltContent } from '../../test/builders/built-content.ts';
import { configOf, imageManifest, layerOf } from '../../test/builders/image-content.ts';
import { ociIndex } from '../../test/builders/index-content.ts';
import { newBlobLedger, pushContent } from '../../test/builders/push-content.ts';
import { nightlyBuilds, primaryTags, secondaryTags, type DemoTag } from '../demo/demo-content.ts';

/** Names of builds come again after so many, so that a stack that runs for weeks does not fill its disk with tags. */
const BUILDS = 200;
const BUILD_LAYER_BYTES = 2_000_000;

/** Every so many builds somebody leaves a tag on the secondary, and somebody else moves one there. */
const STRAY_EVERY = 4;
const FOREIGN_EVERY = 10;

interface Registries {
  readonly primary: string;
  readonly secondary: string;
}

/** Fills both registries of the compose file, and changes something on them every few seconds until it is ended. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      primary: { type: 'string' },
      secondary: { type: 'string' },
      'interval-seconds': { type: 'string', default: '15' },
      rounds: { type: 'string', default: 'Infinity' },
    },
  });
  const { primary, secondary } = values;
  if (primary === undefined || secondary === undefined)
    throw new Error('usage: seed.ts --primary URL --secondary URL [--interval-seconds N] [--rounds N]');
  const registries = { primary, secondary };
  await fill(primary, primaryTags);
  await fill(secondary, secondaryTags);
  await fill(primary, nightlyBuilds());
  console.log('both registries are filled');
  const rounds = Number(values.rounds);
  for (let round = 1; round <= rounds; round += 1) {
    await change(registries, round);
    if (round < rounds) await sleep(Number(values['interval-seconds']) * 1000);
  }
}

async function fill(registry: string, tags: Iterable<DemoTag>): Promise<void> {
  const ledger = newBlobLedger();
  for (const { repository, tag, content } of tags)
    await pushContent(registry, repository, content, { tag, ledger });
}

async function change({ primary, secondary }: Registries, round: number): Promise<void> {
  const build = `build-${round % BUILDS}`;
  const image = imageOf(`shop/web ${build}`);
  for (const tag of [build, 'latest']) await pushContent(primary, 'shop/web', image, { tag });
  console.log(`shop/web:${build} is on the primary, and latest points to it`);
  if (round % STRAY_EVERY === 0) {
    await pushContent(secondary, 'tools/cli', ociIndex(`stray ${build}`), { tag: `stray-${round % BUILDS}` });
    console.log('somebody left a tag on the secondary that the primary does not have');
  }
  if (round % FOREIGN_EVERY === 0) {
    await pushContent(secondary, 'shop/api', ociIndex(`foreign ${build}`), { tag: '1.4.0' });
    console.log('somebody moved shop/api:1.4.0 on the secondary');
  }
}

function imageOf(seed: string): BuiltContent {
  const layers = [layerOf(seed, BUILD_LAYER_BYTES)];
  const config = configOf(seed, layers);
  const blobs = layers.map(({ blob }) => blob);
  return contentOf(imageManifest({ config, layers: blobs }), [config, ...blobs]);
}

await main();
