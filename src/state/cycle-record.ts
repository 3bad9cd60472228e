import type {
  CycleCommand,
  CycleOutcome,
  LinkReport,
  LinkTotals,
  ReadFailure,
  RepositoryReport,
} from '../planning/cycle-report.ts';
import type { StepOutcome } from '../planning/step.ts';
import { LONGEST_TEXT_BYTES, storedText } from './stored-text.ts';

/** A cycle as it is written down when it begins. */
export interface StartedCycle {
  readonly cycleId: string;
  readonly command: CycleCommand;
  readonly startedAt: Date;
  /** Names of the links it works on. */
  readonly links: readonly string[];
}

/** A step that is kept with its cycle. */
export interface KeptStep extends StepOutcome {
  readonly primaryRepository: string;
}

/** A repository that is kept with its cycle: one that is not in sync, or has steps. */
export type KeptRepository = Pick<
  RepositoryReport,
  'primaryRepository' | 'secondaryRepository' | 'outcome' | 'failure'
>;

/** One (link, secondary) of a cycle. */
export interface CycleLinkRecord {
  readonly link: string;
  readonly primary: string;
  readonly secondary: string;
  readonly outcome: CycleOutcome;
  readonly failure: ReadFailure | null;
  readonly totals: LinkTotals;
  /** What did not go through first, then what was done; ignored tags are not kept. */
  readonly steps: readonly KeptStep[];
  /** How many more steps there were. */
  readonly stepsLeftOut: number;
  /** Those of the kept steps, and what failed first of the others. */
  readonly repositories: readonly KeptRepository[];
  /** How many more repositories there were, in sync or not. */
  readonly repositoriesLeftOut: number;
}

/** A cycle as history knows it; `finishedAt` and `outcome` are `null` while it runs, and for ever where its process died. */
export interface CycleRecord extends StartedCycle {
  readonly finishedAt: Date | null;
  readonly outcome: CycleOutcome | null;
  readonly secondaries: readonly CycleLinkRecord[];
}

/** The first copy of a large registry has a million steps; history keeps enough to see what went wrong. */
const MOST_STEPS_PER_LINK = 200;

const MOST_REPOSITORIES_PER_LINK = 200;

/** Two hundred messages of this size keep the row of a link below 256 KiB. */
const LONGEST_STEP_MESSAGE_BYTES = LONGEST_TEXT_BYTES / 8;

const KEEPING_ORDER: readonly StepOutcome['outcome'][] = ['failed', 'held', 'skipped', 'planned', 'done'];

/** What history keeps of the report of one (link, secondary). */
export function cycleLinkRecord(report: LinkReport): CycleLinkRecord {
  const { link, primary, secondary, outcome, failure, totals } = report;
  const all = report.repositories.flatMap(({ primaryRepository, steps }) =>
    steps.filter((step) => step.kind !== 'skip-tag').map((step) => ({ primaryRepository, ...step })),
  );
  const steps = KEEPING_ORDER.flatMap((kept) => all.filter((step) => step.outcome === kept))
    .slice(0, MOST_STEPS_PER_LINK)
    .map((step) => ({
      ...step,
      tag: storedText(step.tag, LONGEST_STEP_MESSAGE_BYTES),
      message: shortened(step.message),
    }));
  return {
    link,
    primary,
    secondary,
    outcome,
    failure: failure && { ...failure, message: storedText(failure.message) },
    totals,
    steps,
    stepsLeftOut: all.length - steps.length,
    ...keptRepositories(report, new Set(steps.map(({ primaryRepository }) => primaryRepository))),
  };
}

const TELLING_ORDER: readonly CycleOutcome[] = ['failed', 'partial', 'held', 'differences', 'in-sync'];

function keptRepositories(
  { repositories }: LinkReport,
  named: ReadonlySet<string>,
): Pick<CycleLinkRecord, 'repositories' | 'repositoriesLeftOut'> {
  const others = repositories.filter(
    ({ primaryRepository, outcome }) => outcome !== 'in-sync' && !named.has(primaryRepository),
  );
  const own = repositories.filter(({ primaryRepository }) => named.has(primaryRepository));
  const kept = TELLING_ORDER.flatMap((outcome) => others.filter((each) => each.outcome === outcome))
    .slice(0, Math.max(0, MOST_REPOSITORIES_PER_LINK - own.length))
    .concat(own)
    .map(({ primaryRepository, secondaryRepository, outcome, failure }) => ({
      primaryRepository: storedText(primaryRepository, LONGEST_STEP_MESSAGE_BYTES),
      secondaryRepository: storedText(secondaryRepository, LONGEST_STEP_MESSAGE_BYTES),
      outcome,
      failure: failure && { ...failure, message: storedText(failure.message, LONGEST_STEP_MESSAGE_BYTES) },
    }));
  return { repositories: kept, repositoriesLeftOut: repositories.length - kept.length };
}

function shortened(message: string | null): string | null {
  return message === null ? null : storedText(message, LONGEST_STEP_MESSAGE_BYTES);
}
