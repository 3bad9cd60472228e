import type { Environment } from '../config/environment.ts';
import type { CycleReport, LinkReport, LinkTotals } from '../planning/cycle-report.ts';
import type { ReasonCode } from '../planning/reason-code.ts';
import { explainReason } from './explain-reason.ts';
import { formatBytes, formatRate } from './format-bytes.ts';
import { formatDuration, secondsBetween } from './format-duration.ts';
import { heldPlanLines, type ApprovalPlace } from './held-plans.ts';
import { groupBy } from './group-by.ts';
import type { IgnoredTags } from './report-document.ts';
import { haveSameCause, itemsOf, rankOf, type ReportItem } from './report-items.ts';
import { plural, verdictsOf, type Verdict } from './report-verdict.ts';
import { repositoryTable } from './repository-table.ts';
import { styleFor, type OutputStream, type Style } from './style.ts';
import { textCell } from './text-cell.ts';
import { wrapText } from './wrap-text.ts';

/** For whom a report is written. */
export interface ReportView {
  readonly style: Style;
  /** Width of the terminal; `null` for a pipe or a file. */
  readonly columns: number | null;
  readonly ignored: IgnoredTags;
  /** Where held plans can be approved; absent for an ad-hoc link, of which nobody else knows. */
  readonly approvals?: ApprovalPlace | undefined;
}

/** Width of a terminal that does not know its own (`0` in some containers). */
const USUAL_COLUMNS = 80;

/** How to write a report to a stream: for the width of a terminal, or unbroken and plain for a pipe or a file. */
export function viewFor(stream: OutputStream, environment: Environment, ignored: IgnoredTags): ReportView {
  const columns = stream.columns === undefined || stream.columns <= 0 ? USUAL_COLUMNS : stream.columns;
  return {
    style: styleFor(stream, environment),
    columns: stream.isTTY === true ? columns : null,
    ignored,
  };
}

/** Two screens at most; who wants all of them reads the JSON document. */
const MOST_ITEMS = 50;
/** A reference longer than this does not push the columns behind it aside for all the others. */
const WIDEST_SUBJECT = 40;
/** A verdict in less room than this would be a column of single words. */
const NARROWEST_VERDICT = 36;

/** The result of a cycle for a reader: verdict, repositories, what is not in sync, what the reasons mean, totals. */
export function renderReport(report: CycleReport, view: ReportView): string {
  const verdicts = verdictsOf(report);
  const items = report.links.map((link) => itemsOf(link, report.command, view.ignored));
  const chosen = chooseItems(items);
  const sections = [
    verdictLines(verdicts, view),
    ...report.links.flatMap((link, index) => {
      const all = items[index] ?? [];
      if (report.links.length === 1) return [tableLines(link, report, view), itemLines(all, chosen, view)];
      // Among several links one in which nothing happened has said so in its verdict.
      if (all.length === 0) return [];
      const heading = `${view.style.strong(verdicts[index]?.label ?? '')} (link ${textCell(link.link)})`;
      const table = tableLines(link, report, view);
      const list = itemLines(all, chosen, view);
      return table.length === 0 ? [[heading, ...list]] : [[heading, ...table], list];
    }),
    explanationLines(items.flat(), view),
    view.approvals === undefined ? [] : heldPlanLines(report, view.approvals),
    totalsLines(report, view),
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function verdictLines(verdicts: readonly Verdict[], view: ReportView): string[] {
  if (verdicts.length === 0) return ['nothing is selected'];
  const labelWidth = widest(verdicts.map((verdict) => verdict.label));
  const statusWidth = widest(verdicts.map((verdict) => verdict.status));
  const headWidth = labelWidth + 2 + statusWidth + 2;
  // Names as long as addresses leave a narrow terminal no room beside them.
  const beside = view.columns === null || view.columns - headWidth >= NARROWEST_VERDICT;
  const indent = beside ? headWidth : 4;
  return verdicts.flatMap((verdict) => {
    const paint = view.style[verdict.paint];
    const status = paint(view.style.strong(verdict.status.padEnd(beside ? statusWidth : 0)));
    const head = `${verdict.label.padEnd(labelWidth)}  ${status}`;
    const lines = wrapText(verdict.text, remaining(view, indent));
    const indented = lines.map((line) => `${' '.repeat(indent)}${line}`);
    return beside ? [`${head}  ${lines[0] ?? ''}`, ...indented.slice(1)] : [head, ...indented];
  });
}

function tableLines(link: LinkReport, report: CycleReport, view: ReportView): string[] {
  return link.repositories.length === 0 ? [] : repositoryTable(link, report.command, view);
}

/** The items that are listed: the worst of all links first. */
function chooseItems(items: readonly (readonly ReportItem[])[]): ReadonlySet<ReportItem> {
  return new Set(
    items
      .flat()
      .sort((a, b) => rankOf(a) - rankOf(b))
      .slice(0, MOST_ITEMS),
  );
}

function itemLines(
  items: readonly ReportItem[],
  chosen: ReadonlySet<ReportItem>,
  view: ReportView,
): string[] {
  const shown = items.filter((item) => chosen.has(item));
  const widths = {
    what: widest(shown.map((item) => item.what)),
    subject: widest(shown.map((item) => item.subject).filter((subject) => subject.length <= WIDEST_SUBJECT)),
    change: widest(shown.map((item) => item.change)),
  };
  return [
    ...shown.flatMap((item, index) => [
      ...itemLine(item, widths, view),
      ...(haveSameCause(item, shown[index + 1]) ? [] : messageLines(item, view)),
    ]),
    ...moreLines(items.filter((item) => !chosen.has(item))),
  ];
}

function itemLine(
  item: ReportItem,
  widths: { readonly what: number; readonly subject: number; readonly change: number },
  view: ReportView,
): string[] {
  const what = paintItem(item, view.style)(item.what.padEnd(widths.what));
  const change = item.change === '' ? '' : `${item.change.padEnd(widths.change)}  `;
  const tail = `${change}${item.reason ?? ''}`.trimEnd();
  const length = 2 + widths.what + 2 + Math.max(widths.subject, item.subject.length) + 2 + tail.length;
  if (tail === '') return [`  ${what}  ${item.subject}`];
  if (view.columns === null || length <= view.columns) {
    return [`  ${what}  ${item.subject.padEnd(widths.subject)}  ${tail}`];
  }
  return [`  ${what}  ${item.subject}`, `      ${`${item.change}  ${item.reason ?? ''}`.trim()}`];
}

function paintItem(item: ReportItem, style: Style): (text: string) => string {
  switch (item.outcome) {
    case 'failed':
      return style.bad;
    case 'held':
    case 'planned':
      return style.warning;
    case 'done':
      return style.good;
    case 'skipped':
      return style.faint;
  }
}

function messageLines(item: ReportItem, view: ReportView): string[] {
  if (item.message === null || item.message === '') return [];
  return wrapText(item.message, remaining(view, 6)).map((line) => view.style.faint(`      ${line}`));
}

function moreLines(items: readonly ReportItem[]): string[] {
  if (items.length === 0) return [];
  const counts = [...groupBy(items, (item) => item.what)].map(([what, group]) => `${group.length} ${what}`);
  return [`  … and ${items.length} more: ${counts.join(', ')} (use --output json)`];
}

function explanationLines(items: readonly ReportItem[], view: ReportView): string[] {
  const ranked = [...items].sort((a, b) => rankOf(a) - rankOf(b));
  const reasons = new Set(ranked.map((item) => item.reason).filter((reason) => reason !== null));
  return [...reasons].flatMap((reason) => explanationOf(reason, view));
}

function explanationOf(reason: ReasonCode, view: ReportView): string[] {
  const { meaning, next } = explainReason(reason);
  return [
    view.style.strong(reason),
    ...wrapText(meaning, remaining(view, 4)).map((line) => `    ${line}`),
    ...wrapText(`What to do: ${next}`, remaining(view, 4)).map((line) => `    ${line}`),
  ];
}

function totalsLines(report: CycleReport, view: ReportView): string[] {
  const sum = (pick: (totals: LinkTotals) => number): number =>
    report.links.reduce((total, link) => total + pick(link.totals), 0);
  const seconds = secondsBetween(report.startedAt, report.finishedAt);
  const bytes = sum((totals) => totals.bytesCopied);
  const ignored = sum((totals) => totals.ignored);
  const rate = bytes > 0 && seconds > 0 ? ` (${formatRate(bytes / seconds)})` : '';
  const rows: [string, string][] = [
    [
      'requests',
      `${sum((totals) => totals.requestsPrimary)} to the primary, ${sum((totals) => totals.requestsSecondary)} to the secondary`,
    ],
  ];
  if (report.command === 'sync') {
    rows.push(
      [
        'blobs',
        `${sum((totals) => totals.blobsCopied)} copied, ${sum((totals) => totals.blobsMounted)} mounted, ${sum((totals) => totals.blobsPresent)} already there`,
      ],
      ['bytes', `${formatBytes(bytes)} copied${rate}`],
    );
  }
  if (ignored > 0) {
    const hint = view.ignored === 'shown' ? '' : ' (plan --show-ignored lists them)';
    rows.push(['ignored', `${plural(ignored, 'tag')} outside the filters${hint}`]);
  }
  rows.push(['duration', `${formatDuration(seconds)}, cycle ${textCell(report.cycleId)}`]);
  return rows.map(([name, value]) => `${view.style.faint(name.padEnd(8))}  ${value}`);
}

function widest(texts: readonly string[]): number {
  return texts.reduce((width, text) => Math.max(width, text.length), 0);
}

/** What a line has left behind an indentation; never so little that every word gets its own line. */
function remaining(view: ReportView, used: number): number | null {
  return view.columns === null ? null : Math.max(20, view.columns - used);
}
