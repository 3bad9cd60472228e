import { ConfigurationError, type ConfigurationProblem } from './configuration-error.ts';
import type { ConfigurationDocument } from './configuration-document.ts';
import { formatPath, type ConfigurationPath, type PathPart } from './configuration-path.ts';

/** Gathers everything that is wrong with one file, so that it can be said at once. */
export class FileProblems {
  readonly #document: ConfigurationDocument;
  readonly #problems: ConfigurationProblem[] = [];

  constructor(document: ConfigurationDocument) {
    this.#document = document;
  }

  /** Notes a problem; the message must not repeat a secret. */
  add(path: ConfigurationPath, message: string, part: PathPart = 'value'): void {
    const { line, column } = this.#document.positionOf(path, part);
    this.#problems.push({ path: formatPath(path), file: this.#document.file, line, column, message });
  }

  /** Notes a problem for every value that stood earlier in the list; `undefined` is no value. */
  addRepeats(
    values: readonly (string | undefined)[],
    pathOf: (index: number) => ConfigurationPath,
    message: string,
  ): void {
    values.forEach((value, index) => {
      if (value !== undefined && values.indexOf(value) < index) this.add(pathOf(index), message);
    });
  }

  /** Whether anything was noted at this path or below it. */
  has(path: ConfigurationPath): boolean {
    const prefix = formatPath(path);
    return this.#problems.some(
      (problem) => problem.path.startsWith(prefix) && /^(?:[.[]|$)/.test(problem.path.slice(prefix.length)),
    );
  }

  /** @throws {ConfigurationError} with every problem, in the order of the file, when there is any. */
  throwIfAny(): void {
    if (this.#problems.length === 0) return;
    throw new ConfigurationError(
      this.#problems.toSorted(
        (left, right) => (left.line ?? 0) - (right.line ?? 0) || (left.column ?? 0) - (right.column ?? 0),
      ),
    );
  }
}
