/** A metric that an expression reads, with the labels that it asks for or keeps. */
export interface ReadMetric {
  readonly name: string;
  readonly labels: readonly string[];
}

const KEYWORDS = new Set(['and', 'or', 'unless', 'bool', 'by', 'on']);

/**
 * The metrics of an expression: every name that is neither a function, nor a keyword, nor a label. Meant for expressions as these
 * dashboards have them, whose variables are still in place.
 */
export function metricsOf(expression: string): readonly ReadMetric[] {
  const kept = [...expression.matchAll(/\b(?:by|on) \(([^)]*)\)/g)].flatMap((match) =>
    namesIn(match[1] ?? ''),
  );
  const bare = expression.replaceAll(/\b(?:by|on) \([^)]*\)/g, ' ').replaceAll(/\[[^\]]*\]/g, '');
  const reads = bare.matchAll(
    /(?<![\w$"])(?<name>[A-Za-z_][A-Za-z0-9_]*)(?<matchers>\{[^}]*\})?(?!\w|\s*\()/g,
  );
  return [...reads].flatMap(({ groups }) => {
    const { name = '', matchers = '' } = groups ?? {};
    if (KEYWORDS.has(name)) return [];
    const matched = [...matchers.matchAll(/(\w+)(?:=~|!~|!=|=)"/g)].map((match) => match[1] ?? '');
    return [{ name, labels: [...new Set([...matched, ...kept])] }];
  });
}

function namesIn(list: string): readonly string[] {
  return list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}
