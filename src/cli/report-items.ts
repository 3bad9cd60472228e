import type { CycleCommand, LinkReport, ReadFailure, RepositoryReport } from '../planning/cycle-report.ts';
import type { ReasonCode } from '../planning/reason-code.ts';
import type { Outcome, StepKind, StepOutcome } from '../planning/step.ts';
import { groupBy } from './group-by.ts';
import { visibleSteps, type IgnoredTags } from './report-document.ts';
import { textCell } from './text-cell.ts';

/** How much an item wants to be seen; the lowest number is listed first. */
const RANK = { failed: 0, held: 1, planned: 2, done: 3, skipped: 4 } as const satisfies Record<
  Outcome,
  number
>;

/** One line of the list of what is not in sync: a step, or a repository or registry that could not be read. */
export interface ReportItem {
  readonly outcome: Outcome;
  /** What was done or not done, in words: `copied`, `copy failed`, `would copy`. */
  readonly what: string;
  /** Where: `repository:tag`, a repository or a registry. */
  readonly subject: string;
  /** What the secondary had and what it is to have; empty where nothing is known. */
  readonly change: string;
  readonly reason: ReasonCode | null;
  readonly message: string | null;
}

/** Everything of a link that is not simply in sync, worst first; items with the same cause stand together. */
export function itemsOf(link: LinkReport, command: CycleCommand, ignored: IgnoredTags): ReportItem[] {
  const items = [
    ...(link.failure === null ? [] : [unreadable(link.failure, registryOf(link, link.failure))]),
    ...link.repositories.flatMap((repository) => [
      ...(repository.failure === null
        ? []
        : [unreadable(repository.failure, nameOn(repository, repository.failure))]),
      ...visibleSteps(repository.steps, ignored).map((step) =>
        stepItem(step, `${repository.primaryRepository}:${step.tag}`, command),
      ),
    ]),
  ];
  return groupByCause(items).sort((a, b) => rankOf(a) - rankOf(b));
}

export function rankOf(item: ReportItem): number {
  return RANK[item.outcome];
}

/** Whether one explanation serves both. */
export function haveSameCause(a: ReportItem, b: ReportItem | undefined): boolean {
  return b !== undefined && causeOf(a) === causeOf(b);
}

function groupByCause(items: readonly ReportItem[]): ReportItem[] {
  return [...groupBy(items, causeOf).values()].flat();
}

function causeOf(item: ReportItem): string {
  return JSON.stringify([item.outcome, item.reason, item.message]);
}

function registryOf(link: LinkReport, failure: ReadFailure): string {
  return failure.side === 'primary' ? link.primary : link.secondary;
}

function nameOn(repository: RepositoryReport, failure: ReadFailure): string {
  return failure.side === 'primary' ? repository.primaryRepository : repository.secondaryRepository;
}

function unreadable(failure: ReadFailure, subject: string): ReportItem {
  return {
    outcome: 'failed',
    what: isRefusedName(failure) ? 'name refused' : `${failure.side} unreadable`,
    subject: textCell(subject),
    change: '',
    reason: failure.reason,
    message: textCell(failure.message),
  };
}

/** Nobody tried to read it: what it would be called on the secondary is not allowed, or taken. */
export function isRefusedName({ reason }: ReadFailure): boolean {
  return reason === 'NAME_COLLISION' || reason === 'NAME_INVALID';
}

function stepItem(step: StepOutcome, reference: string, command: CycleCommand): ReportItem {
  return {
    outcome: step.outcome,
    what: command === 'plan' && step.outcome === 'planned' ? `would ${VERB[step.kind]}` : phraseOf(step),
    subject: textCell(reference),
    change: changeOf(step),
    reason: step.reason,
    message: step.message === null ? null : textCell(step.message),
  };
}

const VERB: Record<StepKind, string> = {
  'copy-tag': 'copy',
  'move-tag': 'move',
  'delete-orphan-tag': 'delete',
  'copy-referrer': 'copy referrer',
  'skip-tag': 'skip',
  'verify-tag': 'verify',
};

const DONE: Record<StepKind, string> = {
  'copy-tag': 'copied',
  'move-tag': 'moved',
  'delete-orphan-tag': 'deleted',
  'copy-referrer': 'referrer copied',
  'skip-tag': 'ignored',
  'verify-tag': 'verified',
};

function phraseOf(step: StepOutcome): string {
  if (step.kind === 'skip-tag') return DONE['skip-tag'];
  switch (step.outcome) {
    case 'done':
      return DONE[step.kind];
    case 'failed':
      return `${VERB[step.kind]} failed`;
    case 'held':
      return `${VERB[step.kind]} held`;
    case 'skipped':
      return `${VERB[step.kind]} skipped`;
    case 'planned':
      return `${VERB[step.kind]} not tried`;
  }
}

/** Enough of a digest to tell two apart at a glance; the JSON document has all of it. */
const SHORT_HEX = 8;

/** What the secondary had and what it is to have: `none→sha256:5e6f7a8b…`, `sha256:1a2b3c4d…→5e6f7a8b…`. */
function changeOf(step: StepOutcome): string {
  const { kind, primaryDigest, secondaryDigest } = step;
  if (kind === 'skip-tag') return '';
  if (primaryDigest === null && secondaryDigest === null) return '';
  if (kind === 'delete-orphan-tag') return `${shortDigest(secondaryDigest)}→none`;
  if (primaryDigest === secondaryDigest) return shortDigest(primaryDigest);
  const before = shortDigest(secondaryDigest);
  const after = shortDigest(primaryDigest);
  const algorithm = before.slice(0, before.indexOf(':') + 1);
  return `${before}→${algorithm !== '' && after.startsWith(algorithm) ? after.slice(algorithm.length) : after}`;
}

function shortDigest(digest: string | null): string {
  if (digest === null) return 'none';
  const hexStart = digest.indexOf(':') + 1;
  return `${textCell(digest.slice(0, hexStart + SHORT_HEX))}…`;
}
