import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import type { CycleReport } from '../../../src/planning/cycle-report.ts';
import type { RegistryProvider, RunningRegistry } from '../../registries/registry-provider.ts';
import { registryForTests } from '../../registries/registry-for-tests.ts';
import { noCache } from '../registry-pair.ts';
import type { Lie } from './lie.ts';
import { LISTING_LIES } from './listing-lies.ts';
import { POINT_LIES } from './point-lies.ts';
import { RACE_LIES } from './race-lies.ts';
import { SECONDARY_LIES } from './secondary-lies.ts';
import { IMAGES, Stage, type Backstage, type Played } from './stage.ts';

const third = await registryForTests('distribution3');
const describeThird = third.isAvailable ? describe : describe.skip;

const ALL_LIES: readonly Lie[] = [...LISTING_LIES, ...POINT_LIES, ...RACE_LIES, ...SECONDARY_LIES];

/** Digests of images, which a deletion by digest may never name. */
const REAL_DIGESTS = new Set(Object.values(IMAGES).map(({ root }) => root.digest));

const TRUTH: Readonly<Record<string, string>> = {
  gone: IMAGES.shared.root.digest,
  keep: IMAGES.kept.root.digest,
  live: IMAGES.live.root.digest,
  old: IMAGES.old.root.digest,
  twin: IMAGES.shared.root.digest,
};

describeThird(third.titleOf('deletions between a lie and a live tag'), () => {
  let backstage: Backstage;
  let count = 0;

  beforeAll(async () => {
    const provider: RegistryProvider = third.provider;
    const start = (): Promise<RunningRegistry> => provider.start({ extraConfiguration: noCache });
    const [primary, secondary, stranger] = await Promise.all([start(), start(), start()]);
    backstage = { primary, secondary, stranger };
  });

  afterAll(async () => {
    await Promise.all(
      [backstage.primary, backstage.secondary, backstage.stranger].map((registry) => registry.stop()),
    );
  });

  it('are enough, and each has a name of its own', () => {
    expect(ALL_LIES.length).toBeGreaterThanOrEqual(60);
    expect(new Set(ALL_LIES.map(({ name }) => name)).size).toBe(ALL_LIES.length);
  });

  describe.each([
    ['the list of the primary', LISTING_LIES],
    ['the word of the primary', POINT_LIES],
    ['the moments between two requests', RACE_LIES],
    ['the secondary', SECONDARY_LIES],
  ])('%s', (_about, lies) => {
    it.each(lies)('$row: $name', async (lie) => {
      count += 1;
      const stage = new Stage(backstage, `lies/r${count}/app`);
      await stage.set();
      await lie.prepare?.(stage);

      const played = await stage.play(lie);

      const [primary, secondary] = [await stage.truth('primary'), await stage.truth('secondary')];
      expectSafe(played, { primary, secondary });
      expect(linesOf(played.reports.at(-1)!)).toEqual([...lie.says].sort());
      expect(Object.fromEntries(secondary)).toEqual(expectedTags(lie));
    });
  });
});

/** What holds whatever the lie. */
function expectSafe(
  { deletesOnPrimary, deletesOnSecondary }: Played,
  tags: Readonly<Record<'primary' | 'secondary', ReadonlyMap<string, string | null>>>,
): void {
  expect(deletesOnPrimary).toEqual([]);
  for (const tag of tags.primary.keys()) {
    if (tag in TRUTH) expect([...tags.secondary.keys()]).toContain(tag);
  }
  const named = deletesOnSecondary.map((path) => path.slice(path.lastIndexOf('/') + 1));
  for (const reference of named) {
    expect(REAL_DIGESTS).not.toContain(reference);
    if (!reference.startsWith('sha256:')) expect(['gone', 'old']).toContain(reference);
  }
}

function expectedTags({ deleted, changed = {}, leaves = [] }: Lie): Record<string, unknown> {
  const tags = new Map<string, unknown>(Object.entries({ ...TRUTH, ...changed }));
  for (const tag of deleted) if (!(tag in changed)) tags.delete(tag);
  for (const tag of leaves) tags.set(tag, expect.any(String));
  return Object.fromEntries(tags);
}

/** `tag kind outcome reason` of all steps but deletions that are done, and what could not be compared at all. */
function linesOf({ links }: CycleReport): string[] {
  return links
    .flatMap(({ failure, repositories }) => [
      ...(failure === null ? [] : [`link ${failure.side} ${failure.reason}`]),
      ...repositories.flatMap(({ failure: own, steps }) => [
        ...(own === null ? [] : [`- ${own.side} ${own.reason}`]),
        ...steps
          .filter(
            ({ kind, outcome }) =>
              kind !== 'skip-tag' && !(kind === 'delete-orphan-tag' && outcome === 'done'),
          )
          .map(({ tag, kind, outcome, reason }) =>
            [tag, kind, outcome, ...(reason === null ? [] : [reason])].join(' '),
          ),
      ]),
    ])
    .sort();
}
