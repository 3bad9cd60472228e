import { digestOf, type Digest } from '../../../src/oci/digest.ts';
import { parseRepositoryName, parseTag, type Tag } from '../../../src/oci/reference.ts';
import type { TagEntry, TagMap } from '../../../src/oci/tag-map.ts';
import { judgeDeletions, judgeLastLook, type DeletionEvidence } from '../../../src/planning/deletion-gate.ts';
import { diffTagMaps } from '../../../src/planning/diff-tag-maps.ts';
import { observeAbsence, ownershipOf, rememberSettled } from '../../../src/planning/remember-repository.ts';
import type { RepositoryMemory, TagRecord } from '../../../src/planning/repository-memory.ts';
import { planRepository } from '../../../src/planning/repository-plan.ts';
import { stepDone, stepEnded, type PlanStep, type StepOutcome } from '../../../src/planning/step.ts';
import type { DeletionPolicy } from '../../../src/policy/deletion-policy.ts';

type Happening =
  | { readonly does: 'push' | 'delete' | 'push-there' | 'delete-there'; readonly tag: string }
  | { readonly does: 'wipe' };

interface Lie {
  readonly list: 'true' | 'short' | 'stale' | 'empty' | 'broken';
  readonly lookup: 'true' | 'unclear' | 'repository-unknown';
  readonly control: 'true' | 'unclear';
  readonly copies: 'all-done' | 'some-failed';
  readonly sentinel: 'confirmed' | 'missing';
}

interface ModelCycle {
  readonly before: readonly Happening[];
  readonly meanwhile: readonly Happening[];
  readonly minutes: number;
  readonly lie: Lie;
}

export interface ModelHistory {
  readonly policy: DeletionPolicy;
  readonly start: readonly string[];
  readonly cycles: readonly ModelCycle[];
}

/** One tag that went, and what was true and what was shown of it, counted without the product's own memory. */
interface ModelDeletion {
  readonly tag: string;
  readonly trulyThere: boolean;
  readonly shownInWindow: boolean;
  readonly controlAnswered: boolean;
  readonly asPlanned: boolean;
  readonly absences: number;
  readonly absentSeconds: number;
}

interface PlayedCycle {
  readonly deletions: readonly ModelDeletion[];
  readonly copies: Lie['copies'];
  readonly lie: Lie;
  /** The secondary when it was planned, right before the first deletion, and at the end. */
  readonly planned: ReadonlyMap<string, Digest>;
  readonly before: ReadonlyMap<string, Digest>;
  readonly after: ReadonlyMap<string, Digest>;
}

const FIRST_MOMENT = 1_900_000_000_000;
const AN_HOUR = 3_600_000;

/** A registry pair in memory: the pure stages decide as in a real cycle, and a liar answers for the primary. */
class ModelWorld {
  readonly #policy: DeletionPolicy;
  readonly #primary = new Map<string, Digest>();
  readonly #secondary = new Map<string, Digest>();
  readonly #absences = new Map<string, readonly number[]>();
  #memory: RepositoryMemory | undefined;
  #lastList: readonly string[] = [];
  #now = FIRST_MOMENT;
  #pushes = 0;

  constructor({ policy, start }: ModelHistory) {
    this.#policy = policy;
    for (const tag of start) this.#happen({ does: 'push', tag });
    for (const [tag, digest] of this.#primary) this.#secondary.set(tag, digest);
  }

  play({ before, meanwhile, minutes, lie }: ModelCycle): PlayedCycle {
    this.#now += minutes * 60_000;
    before.forEach((each) => this.#happen(each));
    const listed = this.#list(lie);
    if (listed === undefined) return { deletions: [], copies: lie.copies, lie, ...this.#unchanged() };
    const expected: TagMap = new Map(listed.map((tag) => [parseTag(tag), entryOf(this.#primary.get(tag))]));
    const actual: TagMap = new Map(
      [...this.#secondary].map(([tag, digest]) => [parseTag(tag), entryOf(digest)]),
    );
    const plan = planRepository(diffTagMaps(expected, actual));
    const copies = plan.failures.length > 0 ? 'some-failed' : lie.copies;
    const steps: StepOutcome[] = plan.copies.map((step) => this.#copy(step, copies));
    this.#observe(new Set(listed));
    const planned = new Map(this.#secondary);
    meanwhile.forEach((each) => this.#happen(each));
    const atDeletion = new Map(this.#secondary);
    const verdicts = this.#judge(plan.orphans, { listed, copies, lie });
    const deletions: ModelDeletion[] = [];
    for (const step of plan.orphans) {
      const deletion =
        verdicts.get(step.tag)?.kind === 'allowed' ? this.#delete(step, listed, lie) : undefined;
      if (deletion !== undefined) deletions.push(deletion);
      steps.push(deletion === undefined ? stepEnded(step, 'held', 'OVER_BUDGET', 'model') : stepDone(step));
    }
    this.#remember(expected, actual, steps);
    return { deletions, copies, lie, planned, before: atDeletion, after: new Map(this.#secondary) };
  }

  #unchanged(): Pick<PlayedCycle, 'planned' | 'before' | 'after'> {
    const same = new Map(this.#secondary);
    return { planned: same, before: same, after: same };
  }

  #happen(happening: Happening): void {
    if (happening.does === 'wipe') {
      this.#primary.clear();
      return;
    }
    const { does, tag } = happening;
    this.#pushes += 1;
    const side = does === 'push' || does === 'delete' ? this.#primary : this.#secondary;
    if (does === 'push' || does === 'push-there')
      side.set(tag, digestOf(Buffer.from(`${tag} ${this.#pushes}`)));
    else side.delete(tag);
  }

  #list({ list }: Lie): readonly string[] | undefined {
    const truth = [...this.#primary.keys()];
    const stale = this.#lastList;
    this.#lastList = truth;
    switch (list) {
      case 'true':
        return truth;
      case 'short':
        return truth.slice(0, Math.ceil(truth.length / 2));
      case 'stale':
        return stale;
      case 'empty':
        return [];
      case 'broken':
        return undefined;
    }
  }

  #copy(step: PlanStep, copies: Lie['copies']): StepOutcome {
    if (copies === 'some-failed' || step.primaryDigest === null)
      return stepEnded(step, 'failed', 'NETWORK', 'model');
    this.#secondary.set(step.tag, step.primaryDigest);
    return stepDone(step);
  }

  #observe(listed: ReadonlySet<string>): void {
    for (const tag of new Set([...this.#absences.keys(), ...this.#secondary.keys()])) {
      const times = this.#absences.get(tag) ?? [];
      const isTurnedBack = (times[0] ?? 0) > this.#now;
      if (listed.has(tag) || !this.#secondary.has(tag)) this.#absences.delete(tag);
      else this.#absences.set(tag, [...(isTurnedBack ? [] : times), this.#now]);
    }
  }

  #judge(
    orphans: readonly PlanStep[],
    {
      listed,
      copies,
      lie,
    }: { readonly listed: readonly string[]; readonly copies: Lie['copies']; readonly lie: Lie },
  ): ReturnType<typeof judgeDeletions> {
    const candidates = orphans.map(({ tag, secondaryDigest }) => {
      const record = this.#memory?.tags.get(tag);
      const { orphanSince, orphanObservations } = observeAbsence(record, new Date(this.#now));
      return {
        tag,
        secondaryDigest,
        content: 'unknown' as const,
        ownership: ownershipOf(record, secondaryDigest),
        observations: orphanObservations,
        absentSeconds: (this.#now - orphanSince.getTime()) / 1000,
      };
    });
    const evidence: DeletionEvidence = {
      policy: this.#policy,
      freeze: 'not-frozen',
      approval: 'none',
      primary: { listing: 'complete', tags: listed.length, repository: 'named' },
      secondary: { tags: this.#secondary.size },
      catalog: { known: 1, gone: 0 },
      copies,
      history: this.#history(),
      sentinel: lie.sentinel,
      wantedByCycle: 0,
    };
    const wanted = [...judgeDeletions(candidates, evidence).values()].filter(
      ({ kind }) => kind === 'allowed',
    );
    return judgeDeletions(candidates, { ...evidence, wantedByCycle: wanted.length });
  }

  #history(): DeletionEvidence['history'] {
    if (this.#memory === undefined) return 'first-cycle';
    const ahead = this.#memory.repository.lastFinishedAt.getTime() - this.#now;
    return ahead > AN_HOUR ? 'ahead-of-clock' : 'known';
  }

  #delete(step: PlanStep, listed: readonly string[], lie: Lie): ModelDeletion | undefined {
    const trulyThere = this.#primary.has(step.tag);
    const truth = trulyThere ? 'present' : 'unknown';
    const controlTag = listed[0];
    const controlAnswered =
      controlTag !== undefined && this.#primary.has(controlTag) && lie.control === 'true';
    const there = this.#secondary.get(step.tag);
    const asPlanned = there === step.secondaryDigest;
    const verdict = judgeLastLook({
      freeze: 'not-frozen',
      sentinel: lie.sentinel,
      repository: listed.length === 0 ? 'no-tags' : 'lives',
      primary: lie.lookup === 'true' ? truth : lie.lookup,
      control: controlAnswered ? 'present' : 'unclear',
      secondary: asPlanned ? 'as-planned' : 'changed',
    });
    if (verdict.kind !== 'allowed') return undefined;
    this.#secondary.delete(step.tag);
    return {
      tag: step.tag,
      trulyThere,
      shownInWindow: listed.includes(step.tag) || (lie.lookup === 'true' && trulyThere),
      controlAnswered,
      asPlanned,
      ...this.#absenceOf(step.tag),
    };
  }

  #absenceOf(tag: string): Pick<ModelDeletion, 'absences' | 'absentSeconds'> {
    const times = this.#absences.get(tag) ?? [];
    return { absences: times.length, absentSeconds: (this.#now - (times[0] ?? this.#now)) / 1000 };
  }

  #remember(expected: TagMap, actual: TagMap, steps: readonly StepOutcome[]): void {
    const observation = {
      now: new Date(this.#now),
      cycleId: String(this.#pushes),
      secondaryRepository: parseRepositoryName('model'),
      policyHash: 'model',
      primaryOrigin: 'model',
    };
    const settled = { outcome: 'differences' as const, expected, actual, steps };
    const { repository, changedTags, forgottenTags } = rememberSettled(this.#memory, settled, observation);
    const tags = new Map<Tag, TagRecord>(this.#memory?.tags);
    for (const record of changedTags) tags.set(record.tag, record);
    for (const tag of forgottenTags) tags.delete(tag);
    this.#memory = { repository, tags };
  }
}

function entryOf(digest: Digest | undefined): TagEntry {
  return digest === undefined ? { kind: 'dangling' } : { kind: 'resolved', digest };
}

export function playHistory(history: ModelHistory): readonly PlayedCycle[] {
  const world = new ModelWorld(history);
  return history.cycles.map((cycle) => world.play(cycle));
}
