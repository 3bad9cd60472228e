import type {
  CycleCommand,
  CycleOutcome,
  LinkReport,
  LinkTotals,
  ReadFailure,
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
}

/** A cycle as history knows it; `finishedAt` and `outcome` are `null` while it runs, and for ever where its process died. */
export interface CycleRecord extends StartedCycle {
  readonly finishedAt: Date | null;
  readonly outcome: CycleOutcome | null;
  readonly secondaries: readonly CycleLinkRecord[];
}

/** The first copy of a large registry has a million steps; history keeps enough to see what went wrong. */
const MOST_STEPS_PER_LINK = 200;

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
    .map((step) => ({ ...step, message: shortened(step.message) }));
  return {
    link,
    primary,
    secondary,
    outcome,
    failure: failure && { ...failure, message: storedText(failure.message) },
    totals,
    steps,
    stepsLeftOut: all.length - steps.length,
  };
}

function shortened(message: string | null): string | null {
  return message === null ? null : storedText(message, LONGEST_STEP_MESSAGE_BYTES);
}
