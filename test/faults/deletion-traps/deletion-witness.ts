import { createHash } from 'node:crypto';

import { allowedDeletions, type DeletionPolicy } from '../../../src/policy/deletion-policy.ts';
import type { RequestRecord } from '../../fakes/fake-history.ts';
import type { FakeRegistry } from '../../fakes/fake-registry.ts';

type Tags = ReadonlyMap<string, string>;

/** One request at the moment of its arrival, beside what both sides truly held then. */
interface Sighting {
  readonly side: 'primary' | 'secondary';
  readonly cycle: number;
  /** The fake still writes the status and the digest of its answer into it. */
  readonly record: RequestRecord;
  readonly primaryTags: Tags;
  readonly secondaryTags: Tags;
}

const LOOKS: ReadonlySet<string> = new Set(['head-tag', 'get-tag', 'read-referrers-tag']);
const LISTS: ReadonlySet<string> = new Set(['list-tags', 'list-tags-next']);
const DELETES: ReadonlySet<string> = new Set(['delete-tag', 'delete-manifest']);

/**
 * Sees every request of both registries in their common order, and the truth of that moment, which no lie on the wire changes. Uses
 * nothing of the gate.
 */
export class DeletionWitness {
  readonly #sightings: Sighting[] = [];
  readonly #everOnPrimary = new Set<string>();
  #primary: FakeRegistry;
  readonly #secondary: FakeRegistry;
  #cycle = 0;

  constructor(primary: FakeRegistry, secondary: FakeRegistry) {
    this.#primary = primary;
    this.#secondary = secondary;
    this.#watch('primary', primary);
    this.#watch('secondary', secondary);
  }

  /** From now on another registry is the primary. */
  primaryIs(registry: FakeRegistry): void {
    this.#primary = registry;
    this.#watch('primary', registry);
  }

  nextCycle(): void {
    this.#cycle += 1;
  }

  #watch(side: Sighting['side'], registry: FakeRegistry): void {
    const see = (record: RequestRecord): false => {
      const primaryTags = this.#primary.storage.tags(record.repository);
      for (const digest of primaryTags.values()) this.#everOnPrimary.add(digest);
      const secondaryTags = this.#secondary.storage.tags(record.repository);
      this.#sightings.push({ side, cycle: this.#cycle, record, primaryTags, secondaryTags });
      return false;
    };
    registry.faults.add({ when: see, fault: { kind: 'close' } });
  }

  /** Deletions without the evidence that each needs, and deletions beyond the limits, of all cycles so far. */
  violations(policy: DeletionPolicy): readonly string[] {
    const found: string[] = [];
    this.#sightings.forEach((sighting, at) => {
      if (sighting.side !== 'secondary' || !DELETES.has(sighting.record.operation)) return;
      const complaints =
        sighting.record.operation === 'delete-manifest'
          ? this.#complaintsAboutDigest(sighting)
          : this.#complaintsAboutTag(at, sighting, policy);
      const { repository, reference } = sighting.record;
      found.push(...complaints.map((what) => `DELETE of ${repository}:${reference}: ${what}`));
    });
    return [...found, ...this.#complaintsAboutNumbers(policy)];
  }

  /** Tags of a repository that were told to go in the current cycle. */
  deletedNow(repository: string): ReadonlySet<string> {
    return new Set(
      this.#sightings
        .filter(
          ({ side, cycle, record }) =>
            side === 'secondary' && cycle === this.#cycle && record.repository === repository,
        )
        .filter(({ record }) => record.operation === 'delete-tag')
        .map(({ record }) => record.reference),
    );
  }

  /** By digest only what no primary ever had and no second tag stands for may go: a tombstone. */
  #complaintsAboutDigest({ record, secondaryTags }: Sighting): readonly string[] {
    const standing = [...secondaryTags.values()].filter((digest) => digest === record.reference);
    return [
      ...(this.#everOnPrimary.has(record.reference) ? ['the primary had content of that digest'] : []),
      ...(standing.length > 1 ? [`${standing.length} tags stand for it`] : []),
    ];
  }

  #complaintsAboutTag(at: number, deletion: Sighting, policy: DeletionPolicy): readonly string[] {
    const { repository, reference } = deletion.record;
    const here = this.#sightings
      .slice(0, at)
      .filter(({ cycle, record }) => cycle === deletion.cycle && record.repository === repository);
    const before = here.slice(here.findLastIndex(({ record }) => DELETES.has(record.operation)) + 1);
    const looks = before.filter(({ record }) => LOOKS.has(record.operation));
    const asked = looks.findLastIndex(
      ({ side, record }) => side === 'primary' && record.reference === reference,
    );
    const look = looks[asked];
    const control = looks
      .slice(asked + 1)
      .find(
        ({ side, record }) => side === 'primary' && record.reference !== reference && record.status === 200,
      );
    const own = looks.findLast(({ side, record }) => side === 'secondary' && record.reference === reference);
    return [
      ...(look?.record.status === 404 ? [] : ['the primary was not asked for it, or did not answer 404']),
      ...(look?.primaryTags.has(reference) ? ['the primary had it when it was asked'] : []),
      ...(control === undefined && policy.sentinel === undefined
        ? ['no other tag proved that the primary answers']
        : []),
      ...(own === undefined
        ? ['the secondary was not asked for it']
        : complaintsAboutOwn(own, deletion, here)),
      ...this.#complaintsAboutAbsence(deletion, policy),
    ];
  }

  #complaintsAboutAbsence({ cycle, record }: Sighting, policy: DeletionPolicy): readonly string[] {
    if (policy.authority === 'operator-word') return [];
    const absences = new Set(
      this.#sightings
        .filter(
          (each) =>
            each.side === 'primary' && each.cycle <= cycle && each.record.repository === record.repository,
        )
        .filter((each) => LISTS.has(each.record.operation) && !each.primaryTags.has(record.reference))
        .map((each) => each.cycle),
    );
    return absences.size >= policy.minObservations
      ? []
      : [`it was absent in ${absences.size} of ${policy.minObservations} cycles`];
  }

  #complaintsAboutNumbers(policy: DeletionPolicy): readonly string[] {
    const told = this.#sightings.filter(
      ({ side, record }) => side === 'secondary' && record.operation === 'delete-tag',
    );
    return [...new Set(told.map(({ cycle }) => cycle))].flatMap((cycle) => {
      const inCycle = told.filter((each) => each.cycle === cycle);
      const repositories = [...new Set(inCycle.map(({ record }) => record.repository))];
      const numbers = repositories.map((repository) => {
        const deletions = inCycle.filter(({ record }) => record.repository === repository);
        return {
          repository,
          deleted: new Set(deletions.map(({ record }) => record.reference)).size,
          allowed: allowedDeletions(policy.perRepository, deletions[0]?.secondaryTags.size ?? 0),
        };
      });
      const all = numbers.reduce((sum, { deleted }) => sum + deleted, 0);
      return [
        ...numbers
          .filter(({ deleted, allowed }) => deleted > allowed)
          .map(
            ({ repository, deleted, allowed }) =>
              `${deleted} deletions in ${repository}, ${allowed} are allowed`,
          ),
        ...(all > policy.perCycle ? [`${all} deletions in a cycle, ${policy.perCycle} are allowed`] : []),
      ];
    });
  }
}

/** The tag must stand for the same from the first look of the cycle to the deletion. */
function complaintsAboutOwn(own: Sighting, deletion: Sighting, here: readonly Sighting[]): readonly string[] {
  const { reference } = deletion.record;
  const first = here.find(
    ({ side, record }) =>
      side === 'secondary' && LOOKS.has(record.operation) && record.reference === reference,
  );
  const planned = first?.secondaryTags.get(reference);
  return own.secondaryTags.get(reference) === planned && planned !== undefined
    ? []
    : [
        `it stood for ${short(own.secondaryTags.get(reference))} at the last look, and for ${short(planned)} in the plan`,
      ];
}

function short(digest: string | undefined): string {
  return digest === undefined ? 'nothing' : createHash('sha256').update(digest).digest('hex').slice(0, 8);
}
