import { createHash, timingSafeEqual } from 'node:crypto';
import type { ApiToken } from '../../config/configuration.ts';
import type { Caller } from './caller.ts';

interface KnownToken {
  readonly caller: Caller;
  readonly hash: Buffer;
}

/** The tokens of the configuration, as hashes. */
export class TokenKeeper {
  readonly #tokens: readonly KnownToken[];

  constructor(tokens: readonly ApiToken[]) {
    this.#tokens = tokens.map(({ name, role, token }) => ({
      caller: { name, role },
      hash: hashOf(token.reveal()),
    }));
  }

  get isEmpty(): boolean {
    return this.#tokens.length === 0;
  }

  /** Whose token this is. Takes the same time whichever it is, and if it is none. */
  callerOf(presented: string): Caller | undefined {
    const hash = hashOf(presented);
    const found = this.#tokens.filter((token) => timingSafeEqual(token.hash, hash));
    return found[0]?.caller;
  }
}

/** Of one length whatever the token is, so that a comparison tells nothing of its length. */
function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
