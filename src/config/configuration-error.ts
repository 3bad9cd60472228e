/** One thing to put right. `file`, `line` and `column` are `null` for what was given on the command line. */
export interface ConfigurationProblem {
  /** Where in the configuration, for example `links[0].tags.include[1]`, or the flag, for example `--primary`. */
  readonly path: string;
  readonly file: string | null;
  /** From 1. */
  readonly line: number | null;
  /** From 1. */
  readonly column: number | null;
  readonly message: string;
}

/** Everything that is wrong with a configuration, at once; the message has one line for each problem. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  readonly problems: readonly ConfigurationProblem[];

  constructor(problems: readonly ConfigurationProblem[]) {
    super(problems.map(formatProblem).join('\n'));
    this.problems = problems;
  }
}

/** A problem without a place in a file. */
export function problemAt(path: string, message: string): ConfigurationProblem {
  return { path, file: null, line: null, column: null, message };
}

/** The problem on one line, in the form that editors and terminals make links of: `file:line:column: path: message`. */
export function formatProblem({ path, file, line, column, message }: ConfigurationProblem): string {
  const place = [file, line, column].filter((part) => part !== null).join(':');
  return [place, path, message].filter((part) => part !== '').join(': ');
}
