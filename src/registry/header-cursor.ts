/**
 * Decides whether one character belongs to a run.
 * Predicates instead of regular expressions: a run then costs one look per character, whatever the input.
 */
export type CharacterTest = (character: string) => boolean;

const TOKEN_PUNCTUATION = "!#$%&'*+-.^_`|~";

/** True for the characters of a token, RFC 9110 section 5.6.2. */
export function isTokenCharacter(character: string): boolean {
  return /^[0-9A-Za-z]$/.test(character) || TOKEN_PUNCTUATION.includes(character);
}

function isSpace(character: string): boolean {
  return character === ' ' || character === '\t';
}

/**
 * Reads one header value from left to right.
 * It never moves back and never looks further than it moves, except by one character: a parser that always moves on is
 * linear in the length of the header, however hostile the header is.
 */
export class HeaderCursor {
  readonly #text: string;
  #position = 0;

  constructor(text: string) {
    this.#text = text;
  }

  isAtEnd(): boolean {
    return this.#position >= this.#text.length;
  }

  /** Returns the next character without moving; empty at the end. */
  peek(): string {
    return this.#text.charAt(this.#position);
  }

  /** Moves over one character, whatever it is. */
  skip(): void {
    this.#position += 1;
  }

  /** Moves over `character` and returns true, or stays and returns false. */
  take(character: string): boolean {
    if (this.isAtEnd() || this.peek() !== character) return false;
    this.#position += 1;
    return true;
  }

  /** Returns the longest run of characters that pass, possibly empty, and moves behind it. */
  takeWhile(test: CharacterTest): string {
    const start = this.#position;
    while (!this.isAtEnd() && test(this.peek())) this.#position += 1;
    return this.#text.slice(start, this.#position);
  }

  takeSpaces(): string {
    return this.takeWhile(isSpace);
  }

  takeToken(): string {
    return this.takeWhile(isTokenCharacter);
  }

  /**
   * Returns the content of the quoted-string that starts here, with its escapes resolved (RFC 9110 section 5.6.4).
   * Undefined where no quote starts here, and where the string is never closed: then the cursor is at the end.
   */
  takeQuotedString(): string | undefined {
    if (!this.take('"')) return undefined;
    const parts: string[] = [];
    while (!this.isAtEnd()) {
      parts.push(this.takeWhile((character) => character !== '"' && character !== '\\'));
      if (this.take('"')) return parts.join('');
      this.skip();
      parts.push(this.peek());
      this.skip();
    }
    return undefined;
  }
}
