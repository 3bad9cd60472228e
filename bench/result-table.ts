import type { ToolResult } from './alternating-runs.ts';
import type { ScenarioResult } from './scenario.ts';

/** Millions of bytes, as the size of content is told. */
export function inMegabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0);
}

/** Mebibytes, as memory is told. */
export function inMebibytes(bytes: number): string {
  return (bytes / 1024 ** 2).toFixed(0);
}

const COLUMNS = [
  'tool',
  'wall s',
  'ratio',
  'CPU s',
  'registries CPU s',
  'requests per tag',
  'HEAD + GET on the primary',
  'HEAD + GET + write on the secondary',
  'MB read from the primary',
  'peak MiB',
  'runs',
] as const;

/** The results of one scenario as a Markdown table; `ratio` is wall time against the first row. */
export function renderTable({ results, tags }: ScenarioResult): string {
  const [first] = results;
  const rows = results.map((result) =>
    rowOf(result, { tags, reference: first?.median.wallSeconds ?? Number.NaN }),
  );
  return alignedTable([COLUMNS, ...rows]);
}

function rowOf(
  { tool, runs, median }: ToolResult,
  scale: { readonly tags: number; readonly reference: number },
): string[] {
  const { primary, secondary } = median;
  return [
    tool.title,
    median.wallSeconds.toFixed(2),
    (median.wallSeconds / scale.reference).toFixed(2),
    median.cpuSeconds.toFixed(2),
    (primary.cpuSeconds + secondary.cpuSeconds).toFixed(2),
    ((primary.requests + secondary.requests) / scale.tags).toFixed(2),
    `${primary.heads} + ${primary.gets + primary.listings}`,
    `${secondary.heads} + ${secondary.gets + secondary.listings} + ${secondary.writes}`,
    inMegabytes(primary.blobBytesSent),
    inMebibytes(median.peakBytes),
    String(runs.length),
  ];
}

/** Rows as a Markdown table; the first has the heads of the columns. */
export function alignedTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map(
    (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`,
  );
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [lines[0], rule, ...lines.slice(1)].join('\n');
}
