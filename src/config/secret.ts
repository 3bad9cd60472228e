import { inspect } from 'node:util';
import { rememberSecret } from './known-secrets.ts';

/** What every printed form of a secret shows; its length says nothing about the value. */
const MASK = '***';

/**
 * A password, token or key that prints `***` wherever it is formatted, serialised or inspected.
 * The value sits in a private field, so neither `Object.keys`, a spread, nor a logger's traversal can reach it;
 * the only way out is {@link reveal}, which is easy to find in a review.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
    rememberSecret(this);
  }

  /** Returns the value itself: call it where the value leaves the process (a header, a child's stdin) and keep no copy. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return MASK;
  }

  toJSON(): string {
    return MASK;
  }

  [inspect.custom](): string {
    return MASK;
  }
}
