import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { registryForTests } from '../registries/registry-for-tests.ts';
import type { RunningRegistry } from '../registries/registry-provider.ts';
import { findPullProblems } from './pull-witness.ts';
import { measureCorpus, pushCorpus, pushCorpusChanges, type CorpusTotals } from './push-corpus.ts';
import { listRepositories, readTagMap } from './registry-witness.ts';
import { corpusRepositories, mediumCorpus, smallCorpus, type CorpusParameters } from './seeded-corpus.ts';

const tiny: CorpusParameters = {
  ...mediumCorpus,
  seed: 'tiny corpus',
  repositories: 4,
  tags: 24,
  signatureShare: 0.2,
  multiArchitectureShare: 0.5,
};

const changes = { round: 1, share: 0.25 };

type TagMaps = CorpusTotals['tagMaps'];

function overlay(base: TagMaps, over: TagMaps): TagMaps {
  return new Map([...base].map(([name, tags]) => [name, new Map([...tags, ...(over.get(name) ?? [])])]));
}

describe('the seeded corpus', () => {
  it.each([smallCorpus, mediumCorpus, tiny])(
    'has as many tags and repositories as asked for: $seed',
    (parameters) => {
      const repositories = corpusRepositories(parameters);

      expect(repositories.reduce((sum, { tagCount }) => sum + tagCount, 0)).toBe(parameters.tags);
      expect(new Set(repositories.map(({ name }) => name)).size).toBe(parameters.repositories);
      expect(repositories.filter(({ tagCount }) => tagCount < 1)).toEqual([]);
    },
  );

  it('is the same for the same parameters and another for another seed', () => {
    const tagMaps = measureCorpus(tiny).tagMaps;

    expect(measureCorpus(tiny).tagMaps).toEqual(tagMaps);
    expect(measureCorpus({ ...tiny, seed: 'another' }).tagMaps).not.toEqual(tagMaps);
  });

  it('shares layers, so that unique blobs are far fewer than their places', () => {
    const totals = measureCorpus(tiny);

    expect(totals.uniqueBlobs * 2).toBeLessThan(totals.blobs);
    expect(totals.tags).toBeGreaterThan(tiny.tags);
  });
});

const real = await registryForTests();
(real.isAvailable ? describe : describe.skip)(real.titleOf('the seeded corpus in a real registry'), () => {
  let registry: RunningRegistry;
  let totals: CorpusTotals;

  const readAll = async (): Promise<Map<string, Map<string, string | null>>> => {
    const repositories = await listRepositories(registry);
    const maps = repositories.map(async (name) => [name, await readTagMap(registry, name)] as const);
    return new Map(await Promise.all(maps));
  };

  beforeAll(async () => {
    registry = await real.provider.start();
    totals = await pushCorpus(registry, tiny);
  });

  afterAll(async () => {
    await registry.stop();
  });

  it('is there as it was measured', async () => {
    expect(totals).toEqual(measureCorpus(tiny));
    expect(await readAll()).toEqual(totals.tagMaps);
  });

  it('can be pulled whole', async () => {
    const references = [...totals.tagMaps].flatMap(([name, tags]) =>
      [...tags.keys()].map((tag) => [name, tag] as const),
    );
    const problems = references.map(([name, tag]) => findPullProblems(registry, name, tag));

    expect((await Promise.all(problems)).flat()).toEqual([]);
  });

  it('moves the tags of a round of changes and no others', async () => {
    const moved = await pushCorpusChanges(registry, tiny, changes);
    expect(moved.tags).toBeGreaterThan(0);
    expect(moved.tags).toBeLessThan(tiny.tags);
    expect(await readAll()).toEqual(overlay(totals.tagMaps, moved.tagMaps));
    expect(await readAll()).not.toEqual(totals.tagMaps);
  });
});
