import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { Configuration } from '../../../src/config/configuration.ts';
import type { CycleReport } from '../../../src/planning/cycle-report.ts';
import type { DeletionPolicy } from '../../../src/policy/deletion-policy.ts';
import { compileRule } from '../../../src/policy/rename.ts';
import type { ReplicationPolicy } from '../../../src/policy/replication-policy.ts';
import type { RepositoryScope } from '../../../src/policy/repository-scope.ts';
import { compilePattern } from '../../../src/policy/pattern.ts';
import { MemoryStateStore } from '../../../src/state/memory-state.store.ts';
import { SystemClock } from '../../../src/time/system-clock.ts';
import { ociImage } from '../../builders/image-content.ts';
import { answer } from '../../fakes/fake-answer.ts';
import { FakeRegistry } from '../../fakes/fake-registry.ts';
import { FakeStorage } from '../../fakes/fake-storage.ts';
import { seed } from '../execution/copy-bench.ts';
import { reconcile } from './reconcile.ts';

const DELETING: Partial<DeletionPolicy> = { orphans: 'delete', minAbsenceSeconds: 0, minObservations: 1 };

interface CycleOptions {
  readonly deletions?: Partial<DeletionPolicy>;
  readonly repositories?: Partial<RepositoryScope>;
  readonly rename?: ReplicationPolicy['rename'];
  readonly command?: 'sync' | 'plan' | 'verify';
}

/** Of which one is just no more than a twentieth. */
const REPOSITORIES = 20;

/** A primary of twenty repositories of two tags, and a secondary that is equal, with a state that outlives a cycle. */
class Fixture {
  readonly storage: FakeStorage;
  readonly primary: FakeRegistry;
  readonly secondary: FakeRegistry;
  readonly #store = new MemoryStateStore(new SystemClock());

  private constructor(primary: FakeRegistry, secondary: FakeRegistry, storage: FakeStorage) {
    this.primary = primary;
    this.secondary = secondary;
    this.storage = storage;
  }

  static async start(): Promise<Fixture> {
    const storage = new FakeStorage();
    for (let number = 0; number < REPOSITORIES; number += 1) {
      for (const tag of ['v1', 'v2']) seed(storage, nameOf(number), ociImage(`${number} ${tag}`), tag);
    }
    const copy = storage.snapshot();
    return new Fixture(
      await FakeRegistry.start({ storage }),
      await FakeRegistry.start({ storage: copy }),
      storage,
    );
  }

  async cycle({
    deletions = {},
    repositories = {},
    rename,
    command = 'sync',
  }: CycleOptions = {}): Promise<CycleReport> {
    const change = (configuration: Configuration): Configuration => ({
      ...configuration,
      links: configuration.links.map((link) => ({
        ...link,
        policy: {
          ...link.policy,
          rename: rename ?? link.policy.rename,
          repositories: { ...link.policy.repositories, ...repositories },
          deletions: { ...link.policy.deletions, ...deletions },
        },
      })),
    });
    return await reconcile({
      options: { primary: this.primary.url, secondary: [this.secondary.url] },
      work: command === 'verify' ? { command, depth: 'tag' } : { command },
      store: this.#store,
      change,
    });
  }

  tags(number: number): readonly string[] {
    return [...this.secondary.storage.tags(nameOf(number)).keys()];
  }

  async stop(): Promise<void> {
    for (const registry of [this.primary, this.secondary]) {
      await registry.stop();
      expect(registry.defects).toEqual([]);
    }
  }
}

function nameOf(number: number): string {
  return `team/app-${number}`;
}

/** The steps of all repositories that have any, as `repository:tag outcome reason`. */
function linesOf(report: CycleReport): readonly string[] {
  return report.links.flatMap(({ repositories }) =>
    repositories.flatMap(({ primaryRepository, steps }) =>
      steps.map(({ tag, outcome, reason }) =>
        `${primaryRepository}:${tag} ${outcome} ${reason ?? ''}`.trim(),
      ),
    ),
  );
}

function messagesOf(report: CycleReport, repository: string): readonly (string | null)[] {
  const repositories = report.links.flatMap((link) => link.repositories);
  const named = repositories.find(({ primaryRepository }) => primaryRepository === repository);
  return named?.steps.map(({ message }) => message) ?? [];
}

function catalogOf(repositories: readonly string[]): ReturnType<typeof answer> {
  return answer(200, { 'Content-Type': 'application/json' }, JSON.stringify({ repositories }));
}

let fixture: Fixture;

beforeEach(async () => {
  fixture = await Fixture.start();
  await fixture.cycle();
});

afterEach(async () => {
  await fixture.stop();
});

describe('a repository that has vanished from the primary', () => {
  beforeEach(() => {
    fixture.storage.deleteRepository(nameOf(0));
  });

  it.each([
    { orphans: 'off', outcome: 'in-sync', step: 'skipped DELETIONS_OFF', command: 'sync' },
    { orphans: 'report', outcome: 'differences', step: 'skipped REPORT_ONLY', command: 'sync' },
    { orphans: 'delete', outcome: 'held', step: 'held PRIMARY_EMPTY', command: 'sync' },
    { orphans: 'delete', outcome: 'held', step: 'held PRIMARY_EMPTY', command: 'plan' },
  ] as const)('is in the report of $command where deletions are "$orphans": $outcome', async (row) => {
    const { orphans, outcome, step, command } = row;
    const deletions = { ...DELETING, orphans };
    const first = await fixture.cycle({ deletions, command });
    const second = await fixture.cycle({ deletions, command });

    for (const report of [first, second]) {
      expect(report.outcome).toBe(outcome);
      expect(linesOf(report)).toEqual([`team/app-0:v1 ${step}`, `team/app-0:v2 ${step}`]);
      expect(report.links[0]?.totals).toMatchObject({ repositories: REPOSITORIES, orphans: 2, deleted: 0 });
    }
    expect(fixture.tags(0)).toEqual(['v1', 'v2']);
  });

  it('is an ordinary one again when the primary has it again', async () => {
    await fixture.cycle({ deletions: DELETING });
    seed(fixture.storage, nameOf(0), ociImage('0 v1'), 'v1');
    const report = await fixture.cycle({ deletions: DELETING });

    expect(linesOf(report)).toEqual(['team/app-0:v2 done']);
    expect(report.outcome).toBe('in-sync');
    expect(fixture.tags(0)).toEqual(['v1']);
  });

  it('is looked at where an operator asks for it by its name', async () => {
    const narrowedTo = [compilePattern(nameOf(0))];
    const report = await fixture.cycle({ deletions: DELETING, repositories: { narrowedTo } });
    const named = { include: [compilePattern(nameOf(0))] };
    const exact = await fixture.cycle({ deletions: DELETING, repositories: named });

    expect(linesOf(report)).toEqual(['team/app-0:v1 held PRIMARY_EMPTY', 'team/app-0:v2 held PRIMARY_EMPTY']);
    expect(report.outcome).toBe('held');
    // Whoever configures a name says that it is there.
    expect(exact.links[0]?.repositories).toMatchObject([{ failure: { reason: 'REPOSITORY_MISSING' } }]);
  });

  it('is forgotten when the secondary has nothing of it either', async () => {
    await fixture.cycle();
    fixture.secondary.storage.deleteRepository(nameOf(0));
    const last = await fixture.cycle();
    const after = await fixture.cycle();

    expect([last, after].map(({ outcome }) => outcome)).toEqual(['in-sync', 'in-sync']);
    expect([last, after].map((report) => report.links[0]?.repositories.length)).toEqual([
      REPOSITORIES,
      REPOSITORIES - 1,
    ]);
  });

  it('is not asked for by a verification, which expects nothing of it', async () => {
    const report = await fixture.cycle({ command: 'verify' });

    expect(report.outcome).toBe('in-sync');
    expect(report.links[0]?.repositories).toHaveLength(REPOSITORIES - 1);
  });

  it('is no longer of the link when the operator excludes it', async () => {
    const exclude = [compilePattern(nameOf(0))];
    const report = await fixture.cycle({ repositories: { exclude } });

    expect(report.outcome).toBe('in-sync');
    expect(report.links[0]?.repositories).toHaveLength(REPOSITORIES - 1);
  });

  it('fails where the primary does not say in so many words that it is gone', async () => {
    fixture.primary.faults.add({
      operation: 'list-tags',
      when: ({ repository }) => repository === nameOf(0),
      fault: { kind: 'answer', answer: answer(404) },
    });
    const report = await fixture.cycle({ deletions: DELETING });

    expect(report.outcome).toBe('partial');
    expect(report.links[0]?.repositories.find(({ failure }) => failure !== null)).toMatchObject({
      primaryRepository: nameOf(0),
      failure: { side: 'primary' },
    });
    expect(fixture.tags(0)).toEqual(['v1', 'v2']);
  });

  it('leaves the name on the secondary to a living repository that has it now', async () => {
    const rename: ReplicationPolicy['rename'] = {
      kind: 'rules',
      rules: [compileRule({ match: 'team/new', replace: nameOf(0) })],
    };
    seed(fixture.storage, 'team/new', ociImage('new'), 'v3');
    const report = await fixture.cycle({ rename });

    expect(linesOf(report)).toEqual([
      'team/new:v3 done',
      'team/new:v1 skipped DELETIONS_OFF',
      'team/new:v2 skipped DELETIONS_OFF',
    ]);
    expect(report.outcome).toBe('in-sync');
  });
});

describe('a catalog that does not name a repository which is there', () => {
  it('costs nothing: the repository is asked for its tags, and is in sync', async () => {
    const hidden = fixture.storage.repositories().filter((name) => name !== nameOf(1));
    fixture.primary.faults.add({
      operation: 'list-catalog',
      fault: { kind: 'answer', answer: catalogOf(hidden.slice(0, 11)) },
    });
    const report = await fixture.cycle({ deletions: DELETING });

    expect(report.outcome).toBe('in-sync');
    expect(report.links[0]?.totals).toMatchObject({ repositories: REPOSITORIES, orphans: 0 });
  });
});

describe('a catalog that has lost more than a twentieth of its repositories', () => {
  beforeEach(() => {
    for (const number of [0, 1]) fixture.storage.deleteRepository(nameOf(number));
    fixture.storage.deleteTag(nameOf(2), 'v2');
  });

  it('has all deletions of the link held, also of repositories that live, and also in later cycles', async () => {
    const first = await fixture.cycle({ deletions: DELETING });
    const second = await fixture.cycle({ deletions: DELETING });

    for (const report of [first, second]) {
      expect(linesOf(report).filter((line) => line.startsWith(nameOf(2)))).toEqual([
        'team/app-2:v2 held OVER_BUDGET',
      ]);
      expect(messagesOf(report, nameOf(2))).toEqual([
        '2 of 20 repositories are gone from the primary, more than 5 % of its catalog',
      ]);
    }
    expect(fixture.tags(2)).toEqual(['v1', 'v2']);
  });

  it('has them go at the explicit word of an operator', async () => {
    const report = await fixture.cycle({ deletions: { ...DELETING, budgetAuthority: 'operator-word' } });

    expect(linesOf(report).filter((line) => line.startsWith(nameOf(2)))).toEqual(['team/app-2:v2 done']);
    expect([fixture.tags(0), fixture.tags(2)]).toEqual([['v1', 'v2'], ['v1']]);
  });

  it('has them go when the repositories are back', async () => {
    await fixture.cycle({ deletions: DELETING });
    for (const number of [0, 1]) {
      for (const tag of ['v1', 'v2'])
        seed(fixture.storage, nameOf(number), ociImage(`${number} ${tag}`), tag);
    }
    const report = await fixture.cycle({ deletions: DELETING });

    expect(linesOf(report)).toEqual(['team/app-2:v2 done']);
  });
});

describe('a repository that loses more than half of its tags', () => {
  it('loses none, but where an operator says how many may go', async () => {
    const images = Array.from({ length: 12 }, (_none, number) => `w${number}`);
    for (const tag of images) {
      for (const storage of [fixture.storage, fixture.secondary.storage])
        seed(storage, nameOf(3), ociImage(tag), tag);
    }
    await fixture.cycle();
    for (const tag of images.slice(0, 8)) fixture.storage.deleteTag(nameOf(3), tag);
    const perRepository = { kind: 'percent', n: 100 } as const;
    const held = await fixture.cycle({ deletions: { ...DELETING, perRepository } });
    const left = fixture.tags(3).length;
    const word = { ...DELETING, perRepository, budgetAuthority: 'operator-word' } as const;
    const done = await fixture.cycle({ deletions: word });

    expect(held.outcome).toBe('held');
    expect(new Set(messagesOf(held, nameOf(3)))).toEqual(
      new Set(['8 of 14 tags would be deleted, more than half of the repository']),
    );
    expect(left).toBe(14);
    expect(done.links[0]?.totals.deleted).toBe(8);
    expect(fixture.tags(3)).toHaveLength(6);
  });
});
