import type { Sample } from '../prometheus/running-prometheus.ts';
import type { DashboardDocument } from './dashboard-document.ts';

/** What is chosen of each variable. */
export type ChosenValues = ReadonlyMap<string, readonly string[]>;

/** Grafana makes it four times the scrape interval or more; here scrapes are a second apart, and what happened is a minute ago. */
const RATE_INTERVAL = '2m';

/** The values that the query variables of a dashboard find, each by those before it, as Grafana does when it is opened. */
export async function valuesOf(
  { templating }: DashboardDocument,
  ask: (expression: string) => Promise<readonly Sample[]>,
): Promise<ChosenValues> {
  const values = new Map<string, readonly string[]>();
  for (const { name, query, multi } of templating.list) {
    if (typeof query === 'string') continue;
    const [, series = '', label = ''] = /^label_values\((.*), (\w+)\)$/.exec(query.query) ?? [];
    const samples = await ask(expressionOf(series, values));
    const found = [...new Set(samples.map(({ labels }) => labels[label] ?? ''))].sort();
    values.set(name, multi ? found : found.slice(0, 1));
  }
  return values;
}

/** As Grafana's Prometheus data source fills variables in: many as a group of alternatives. Throws where one is left. */
export function expressionOf(expression: string, chosen: ChosenValues): string {
  const filled = expression
    .replaceAll('$__rate_interval', RATE_INTERVAL)
    .replaceAll(/\$(\w+)/g, (_all, name: string) => {
      const values = chosenOf(chosen, name);
      return values.length === 1 ? (values[0] ?? '') : `(${values.join('|')})`;
    });
  return withoutVariables(filled);
}

/** As Grafana's PostgreSQL data source fills variables and macros in. Throws where one is left. */
export function statementOf(statement: string, chosen: ChosenValues): string {
  const filled = statement
    .replaceAll(/\$\{(\w+):sqlstring\}/g, (_all, name: string) =>
      chosenOf(chosen, name)
        .map((value) => `'${value.replaceAll("'", "''")}'`)
        .join(','),
    )
    .replaceAll(
      /\$__timeFilter\(([^)]*)\)/g,
      "$1 BETWEEN now() - interval '1 hour' AND now() + interval '1 minute'",
    );
  return withoutVariables(filled);
}

/** The address that a click on a row or a series leads to. Throws where a variable is left. */
export function clickedUrl(url: string, api: string, clicked: Readonly<Record<string, unknown>>): string {
  const filled = url
    .replace('${api:raw}', api)
    .replaceAll(/\$\{__(?:data\.fields|field\.labels)\.(\w+):percentencode\}/g, (all, name: string) =>
      name in clicked ? encodeURIComponent(String(clicked[name])) : all,
    );
  return withoutVariables(filled);
}

function chosenOf(chosen: ChosenValues, name: string): readonly string[] {
  const values = chosen.get(name);
  if (values === undefined) throw new Error(`nothing is chosen of ${name}`);
  return values;
}

function withoutVariables(text: string): string {
  if (text.includes('$')) throw new Error(`a variable is left: ${text}`);
  return text;
}
