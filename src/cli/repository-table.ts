import Table from 'cli-table3';
import type { CycleCommand, LinkReport, RepositoryReport } from '../planning/cycle-report.ts';
import type { StepKind } from '../planning/step.ts';
import { formatBytes } from './format-bytes.ts';
import { plural } from './report-verdict.ts';
import { StepTally } from './step-tally.ts';
import type { Style } from './style.ts';
import { textCell } from './text-cell.ts';

/** Up to here a table is read as a whole; above it, repositories in which nothing happened become one line. */
const ROWS_UNCOLLAPSED = 20;
/** One screen of a large terminal; the rest is in the JSON document. */
const MOST_ROWS = 50;
/** Below this a name is broken so often that a line too long is the lesser evil. */
const NARROWEST_NAME = 16;
const MARGIN = '  ';
const GAP = 2;

interface Row {
  readonly name: string;
  readonly repository: RepositoryReport;
  readonly numbers: readonly number[];
}

interface Column {
  readonly heading: Record<CycleCommand, string>;
  readonly value: (repository: RepositoryReport, tally: StepTally, command: CycleCommand) => number;
  readonly format: (value: number) => string;
}

/** Repositories of a link with what changed in them, as lines; columns of zeros are left out. */
export function repositoryTable(
  link: LinkReport,
  command: CycleCommand,
  view: { readonly columns: number | null; readonly style: Style },
): string[] {
  const { shown, inSync, more } = chooseRows(
    link.repositories.map((repository) => rowOf(repository, command)),
  );
  const all = [...shown, ...inSync, ...more];
  const columns = COLUMNS.map((column, index) => ({ column, index })).filter(
    ({ index }) => index === 0 || all.some((row) => row.numbers[index] !== 0),
  );
  const cells = (numbers: readonly number[]): string[] =>
    columns.map(({ column, index }) => column.format(numbers[index] ?? 0));
  const head = ['repository', ...columns.map(({ column }) => column.heading[command])];
  const rows = shown.map((row) => [row.name, ...cells(row.numbers)]);
  const total = all.length > 1 ? ['total', ...cells(sumOf(all))] : null;
  const lines = drawTable(head, total === null ? rows : [...rows, total], view);
  // The name of the last row is short, so it is one line.
  return [
    ...lines.slice(0, total === null ? undefined : -1),
    ...notesOf(inSync, more),
    ...(total === null ? [] : lines.slice(-1)),
  ];
}

const COLUMNS: readonly Column[] = [
  {
    heading: { sync: 'in sync', plan: 'in sync', verify: 'pullable' },
    value: (repository) => repository.totals.inSync,
    format: String,
  },
  changeColumn('copy-tag', { sync: 'copied', plan: 'to copy', verify: 'copied' }),
  changeColumn('move-tag', { sync: 'moved', plan: 'to move', verify: 'moved' }),
  changeColumn('delete-orphan-tag', { sync: 'deleted', plan: 'to delete', verify: 'deleted' }),
  changeColumn('copy-referrer', { sync: 'referrers', plan: 'referrers', verify: 'referrers' }),
  {
    heading: { sync: 'orphans', plan: 'orphans', verify: 'orphans' },
    value: (repository) => repository.totals.orphans,
    format: String,
  },
  {
    heading: { sync: 'held', plan: 'held', verify: 'held' },
    value: (_repository, tally) => tally.count('held', ANY_KIND),
    format: String,
  },
  {
    heading: { sync: 'failed', plan: 'failed', verify: 'failed' },
    value: (repository, tally) => tally.count('failed', ANY_KIND) + (repository.failure === null ? 0 : 1),
    format: String,
  },
  {
    heading: { sync: 'bytes', plan: 'bytes', verify: 'bytes' },
    value: (repository) => repository.totals.bytesCopied,
    format: formatBytes,
  },
];

const ANY_KIND: readonly StepKind[] = [
  'copy-tag',
  'move-tag',
  'delete-orphan-tag',
  'copy-referrer',
  'skip-tag',
  'verify-tag',
];

function changeColumn(kind: StepKind, heading: Record<CycleCommand, string>): Column {
  return {
    heading,
    value: (_repository, tally, command) => tally.count(command === 'plan' ? 'planned' : 'done', [kind]),
    format: String,
  };
}

function rowOf(repository: RepositoryReport, command: CycleCommand): Row {
  const { primaryRepository, secondaryRepository, steps } = repository;
  const renamed = secondaryRepository !== primaryRepository;
  const tally = new StepTally(steps);
  return {
    name: textCell(renamed ? `${primaryRepository} → ${secondaryRepository}` : primaryRepository),
    repository,
    numbers: COLUMNS.map((column) => column.value(repository, tally, command)),
  };
}

/** What is shown row by row, what is collapsed because nothing happened in it, and what there is no room for. */
function chooseRows(rows: readonly Row[]): { shown: Row[]; inSync: Row[]; more: Row[] } {
  if (rows.length <= ROWS_UNCOLLAPSED) return { shown: [...rows], inSync: [], more: [] };
  const quiet = rows.filter((row) => isQuiet(row.repository));
  const changed = rows.filter((row) => !isQuiet(row.repository)).sort((a, b) => rankOf(a) - rankOf(b));
  return { shown: changed.slice(0, MOST_ROWS), inSync: quiet, more: changed.slice(MOST_ROWS) };
}

function isQuiet({ outcome, steps }: RepositoryReport): boolean {
  return outcome === 'in-sync' && steps.every((step) => step.kind === 'skip-tag');
}

/** Failures before everything else, so that no cap hides them. */
function rankOf({ repository }: Row): number {
  return repository.outcome === 'failed' || repository.outcome === 'partial' ? 0 : 1;
}

function notesOf(inSync: readonly Row[], more: readonly Row[]): string[] {
  return [
    ...(more.length === 0 ? [] : [`${MARGIN}… and ${more.length} more (use --output json)`]),
    ...(inSync.length === 0 ? [] : [`${MARGIN}… and ${plural(inSync.length, 'repository')} in sync`]),
  ];
}

function sumOf(rows: readonly Row[]): number[] {
  return COLUMNS.map((_, index) => rows.reduce((sum, row) => sum + (row.numbers[index] ?? 0), 0));
}

const BORDERLESS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '',
} as const;

function drawTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  view: { readonly columns: number | null; readonly style: Style },
): string[] {
  const nameWidth = nameWidthOf(head, rows, view.columns);
  const table = new Table({
    chars: BORDERLESS,
    style: { 'padding-left': 0, 'padding-right': GAP, head: [], border: [], compact: true },
    colAligns: head.map((_, index) => (index === 0 ? 'left' : 'right')),
    colWidths: [nameWidth + GAP, ...head.slice(1).map(() => null)],
    wordWrap: true,
    wrapOnWordBoundary: false,
  });
  table.push([...head], ...rows.map((row) => [...row]));
  // Blanks at the end of a line are noise in a log and wrap on a narrow terminal. The heading is painted afterwards,
  // because the table counts the escapes of a painted cell as characters when it wraps.
  const [heading = '', ...body] = table
    .toString()
    .split('\n')
    .map((line) => `${MARGIN}${line}`.trimEnd());
  return [view.style.faint(heading), ...body];
}

/** The longest name, or what the other columns leave of a terminal. */
function nameWidthOf(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  columns: number | null,
): number {
  const widthOf = (index: number): number =>
    Math.max(...[head, ...rows].map((row) => (row[index] ?? '').length));
  const longest = widthOf(0);
  if (columns === null) return longest;
  const others = head.slice(1).reduce((sum, _, index) => sum + GAP + widthOf(index + 1), 0);
  return Math.min(longest, Math.max(NARROWEST_NAME, columns - MARGIN.length - others));
}
