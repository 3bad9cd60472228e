import { newBlobLedger, pushContent } from '../../test/builders/push-content.ts';
import type { RunningRegistry } from '../../test/registries/registry-provider.ts';
import {
  nightlyBuilds,
  primaryTags,
  secondaryTags,
  type DemoTag,
  type ExplainedTag,
} from './demo-content.ts';
import type { Interruption } from './interruption.ts';
import type { Item, Narrator } from './narrator.ts';

/** Both registries of the demo. */
export interface RegistryPair {
  readonly primary: RunningRegistry;
  readonly secondary: RunningRegistry;
}

/** Fills both registries and says with what. Ends early at Ctrl-C. */
export async function prepareRegistries(
  { primary, secondary }: RegistryPair,
  narrator: Narrator,
  interruption: Interruption,
): Promise<void> {
  narrator.waiting('pushing test content');
  try {
    await fill(primary, primaryTags, interruption);
    await fill(primary, nightlyBuilds(), interruption);
    await fill(secondary, secondaryTags, interruption);
  } finally {
    narrator.ended();
  }
  narrator.say('on the primary');
  narrator.list([
    ...primaryTags.map(itemOf),
    { name: 'nightly/*', meaning: 'builds that share a base layer' },
  ]);
  narrator.say('on the secondary');
  narrator.list(secondaryTags.map(itemOf));
}

async function fill(
  registry: RunningRegistry,
  tags: Iterable<DemoTag>,
  interruption: Interruption,
): Promise<void> {
  const ledger = newBlobLedger();
  for (const { repository, tag, content } of tags) {
    interruption.throwIfItCame();
    await pushContent(registry.url, repository, content, { tag, ledger });
  }
}

function itemOf({ repository, tag, meaning }: ExplainedTag): Item {
  return { name: `${repository}:${tag}`, meaning };
}
