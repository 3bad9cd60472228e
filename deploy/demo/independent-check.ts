import { findPullProblems } from '../../test/builders/pull-witness.ts';
import { listRepositories, readTagMap } from '../../test/builders/registry-witness.ts';
import { secondaryTags } from './demo-content.ts';
import type { RegistryPair } from './prepare-registries.ts';

/** What a client that shares no code with the product found. */
export interface IndependentFinding {
  readonly tags: number;
  /** Tags whose digests differ, with those that only one side has, in the repositories of the primary. */
  readonly different: readonly string[];
  /** Tags of the secondary of which a client that pulls would miss something. */
  readonly notPullable: readonly string[];
  /** Whether what no link covers is as it was. */
  readonly others: 'untouched' | 'changed';
}

/** Compares all tags of both registries and pulls the secondary's manifests, with plain HTTP requests. */
export async function checkIndependently({ primary, secondary }: RegistryPair): Promise<IndependentFinding> {
  const different: string[] = [];
  const notPullable: string[] = [];
  let tags = 0;
  const repositories = await listRepositories(primary.url);
  for (const repository of repositories) {
    const wanted = await readTagMap(primary.url, repository);
    const found = await readTagMap(secondary.url, repository);
    tags += wanted.size;
    for (const tag of new Set([...wanted.keys(), ...found.keys()])) {
      if (wanted.get(tag) !== found.get(tag)) different.push(`${repository}:${tag}`);
      else if ((await findPullProblems(secondary.url, repository, tag)).length > 0)
        notPullable.push(`${repository}:${tag}`);
    }
  }
  return { tags, different, notPullable, others: await lookAtOthers(secondary.url, repositories) };
}

async function lookAtOthers(url: string, covered: readonly string[]): Promise<IndependentFinding['others']> {
  for (const { repository, tag, content } of secondaryTags) {
    if (covered.includes(repository)) continue;
    const map = await readTagMap(url, repository);
    if (map.get(tag) !== content.root.digest) return 'changed';
  }
  return 'untouched';
}
