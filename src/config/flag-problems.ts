import { PolicyError } from '../policy/policy-error.ts';
import { compilePattern, type Pattern } from '../policy/pattern.ts';
import { ConfigurationError, problemAt, type ConfigurationProblem } from './configuration-error.ts';

/** Gathers what is wrong with flags of a command line, so that it can be said at once. */
export class FlagProblems {
  readonly #problems: ConfigurationProblem[] = [];

  add(flag: string, message: string): void {
    this.#problems.push(problemAt(flag, message));
  }

  /** The value that `make` returns; for a `PolicyError` a problem is noted and the result is `undefined`. */
  attempt<T>(flag: string, make: () => T): T | undefined {
    try {
      return make();
    } catch (error) {
      if (!(error instanceof PolicyError)) throw error;
      this.add(flag, error.message);
      return undefined;
    }
  }

  /** Patterns of a flag; `judge` says why nothing can match one. */
  patterns(
    flag: string,
    texts: readonly string[],
    judge: (pattern: Pattern) => string | undefined,
  ): readonly Pattern[] {
    return texts.flatMap((text) => {
      const pattern = this.attempt(flag, () => compilePattern(text));
      const complaint = pattern === undefined ? undefined : judge(pattern);
      if (complaint !== undefined) this.add(flag, complaint);
      return pattern ?? [];
    });
  }

  /** @throws {ConfigurationError} with every problem, when there is any. */
  throwIfAny(): void {
    if (this.#problems.length > 0) throw new ConfigurationError(this.#problems);
  }
}
