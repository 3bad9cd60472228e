import type { CycleCommand, CycleReport, LinkReport } from '../planning/cycle-report.ts';
import type { StepKind } from '../planning/step.ts';
import { emptySelection } from './empty-selection.ts';
import { isRefusedName } from './report-items.ts';
import { StepTally } from './step-tally.ts';
import type { Style } from './style.ts';
import { textCell } from './text-cell.ts';

/** Kinds of steps that are about a tag which the primary has. */
const PRIMARY_TAG_KINDS = ['copy-tag', 'move-tag', 'verify-tag'] as const satisfies readonly StepKind[];

/** What became of one link on one secondary, as its first line says it. */
export interface Verdict {
  readonly label: string;
  readonly status: string;
  readonly text: string;
  readonly paint: keyof Pick<Style, 'good' | 'warning' | 'bad'>;
}

/** One verdict per link and secondary, in the order of the report. */
export function verdictsOf(report: CycleReport): Verdict[] {
  return report.links.map((link) => ({
    label: labelOf(link, report.links),
    status: statusOf(link, report.command),
    text: verdictText(link, report.command),
    paint: paintOf(link),
  }));
}

function paintOf(link: LinkReport): Verdict['paint'] {
  switch (link.outcome) {
    case 'in-sync':
      return emptySelection(link) === undefined ? 'good' : 'warning';
    case 'differences':
    case 'held':
      return 'warning';
    case 'partial':
    case 'failed':
      return 'bad';
  }
}

/** `eu → us`; with the name of the link in front where two links run between the same registries. */
function labelOf(link: LinkReport, links: readonly LinkReport[]): string {
  const sameWay = links.filter(
    (other) => other.primary === link.primary && other.secondary === link.secondary,
  );
  const way = `${textCell(link.primary)} → ${textCell(link.secondary)}`;
  return sameWay.length > 1 ? `${textCell(link.link)}: ${way}` : way;
}

function statusOf(link: LinkReport, command: CycleCommand): string {
  switch (link.outcome) {
    case 'in-sync':
      if (emptySelection(link) !== undefined) return 'NO MATCH';
      return command === 'verify' ? 'PULLABLE' : 'IN SYNC';
    case 'differences':
      return 'DIFFERENCES';
    case 'held':
      return 'HELD';
    case 'partial':
      return 'PARTIAL';
    case 'failed':
      return 'FAILED';
  }
}

function verdictText(link: LinkReport, command: CycleCommand): string {
  if (link.failure !== null) return `the ${link.failure.side} could not be read (${link.failure.reason})`;
  switch (emptySelection(link)) {
    case 'no-repository':
      return 'no repository is selected: look at the names and filters of repositories';
    case 'no-tag':
      return `no tag is selected in ${plural(link.repositories.length, 'repository')}: look at the filters of tags and platforms`;
    case undefined:
  }
  const tally = new StepTally(link.repositories.flatMap((repository) => repository.steps));
  const tags = tagsOf(link, tally);
  const clauses = [
    ...failureClauses(link, tally, command),
    ...changeClauses(tally, command),
    ...leftoverClauses(tally),
  ];
  const scope = `${plural(tags, 'tag')} in ${plural(link.repositories.length, 'repository')}`;
  if (clauses.length === 0)
    return `${scope}, ${command === 'verify' ? 'all can be pulled' : 'nothing to do'}`;
  return link.outcome === 'in-sync' ? `${scope}: ${clauses.join(', ')}` : clauses.join(', ');
}

/** How many selected tags the primary has, as far as it could be read. */
function tagsOf(link: LinkReport, tally: StepTally): number {
  const outcomes = ['planned', 'skipped', 'held', 'failed'] as const;
  const pending = outcomes.reduce((sum, outcome) => sum + tally.count(outcome, PRIMARY_TAG_KINDS), 0);
  return link.totals.inSync + pending + tally.count('done', ['copy-tag', 'move-tag']);
}

function failureClauses(link: LinkReport, tally: StepTally, command: CycleCommand): string[] {
  const tags = tally.count('failed', PRIMARY_TAG_KINDS);
  const deletions = tally.count('failed', ['delete-orphan-tag']);
  const referrers = tally.count('failed', ['copy-referrer']);
  const failures = link.repositories.flatMap(({ failure }) => (failure === null ? [] : [failure]));
  const refused = failures.filter(isRefusedName).length;
  const unread = failures.length - refused;
  const all = plural(link.repositories.length, 'repository');
  const ended = command === 'verify' ? 'cannot be pulled' : 'failed';
  return [
    ...when(tags, `${tags} of ${plural(tagsOf(link, tally), 'tag')} ${ended}`),
    ...when(deletions, `${plural(deletions, 'deletion')} failed`),
    ...when(referrers, `${plural(referrers, 'referrer')} ${ended}`),
    ...when(refused, `${refused} of ${all} refused for their names`),
    ...when(unread, `${unread} of ${all} could not be read`),
  ];
}

function changeClauses(tally: StepTally, command: CycleCommand): string[] {
  const outcome = command === 'plan' ? 'planned' : 'done';
  const copied = tally.count(outcome, ['copy-tag']);
  const moved = tally.count(outcome, ['move-tag']);
  const deleted = tally.count(outcome, ['delete-orphan-tag']);
  const referrers = tally.count(outcome, ['copy-referrer']);
  if (command === 'plan') {
    const parts = [
      ...when(copied, `copy ${copied}`),
      ...when(moved, `move ${moved}`),
      ...when(deleted, `delete ${deleted}`),
      ...when(referrers, `copy ${plural(referrers, 'referrer')}`),
    ];
    return parts.length === 0 ? [] : [`would ${parts.join(', ')}`];
  }
  return [
    ...when(copied, `${copied} copied`),
    ...when(moved, `${moved} moved`),
    ...when(deleted, `${deleted} deleted`),
    ...when(referrers, `${plural(referrers, 'referrer')} copied`),
  ];
}

function leftoverClauses(tally: StepTally): string[] {
  const held = tally.count('held', ['delete-orphan-tag']);
  const heldOther = tally.count('held', [...PRIMARY_TAG_KINDS, 'copy-referrer']);
  const orphans = tally.count('skipped', ['delete-orphan-tag']);
  return [
    ...when(held, `${plural(held, 'deletion')} held back`),
    ...when(heldOther, `${heldOther} held`),
    ...when(orphans, `${plural(orphans, 'orphan')} left alone`),
  ];
}

function when(count: number, clause: string): string[] {
  return count === 0 ? [] : [clause];
}

/** `1 tag`, `2 tags`, `3 repositories`. */
export function plural(count: number, noun: string): string {
  if (count === 1) return `1 ${noun}`;
  return `${count} ${noun.endsWith('y') ? `${noun.slice(0, -1)}ies` : `${noun}s`}`;
}
