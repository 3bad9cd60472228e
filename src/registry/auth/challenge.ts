import { HeaderCursor, isTokenCharacter } from '../header-cursor.ts';

/** One challenge of a `WWW-Authenticate` header. Names are lowercase, values as written; of a repeated name the first counts. */
export interface Challenge {
  readonly scheme: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** The challenge to answer: a bearer token from `realm`, the plain credential, or nothing that this client can do. */
export type ChosenChallenge =
  | {
      readonly kind: 'bearer';
      readonly realm: string;
      readonly service: string | undefined;
      readonly scope: string | undefined;
      /** `insufficient_scope`, `invalid_token`: what was wrong with the token that was sent, RFC 6750 section 3.1. */
      readonly error: string | undefined;
    }
  | { readonly kind: 'basic' }
  | { readonly kind: 'none' };

/** A word of the header and what follows it, which is what tells a scheme, a parameter and a token68 apart. */
interface Word {
  readonly text: string;
  readonly isFirstAfterScheme: boolean;
}

/**
 * Returns the challenges of one or several `WWW-Authenticate` values, in order (RFC 9110 section 11.6.1).
 * Never throws: what is no challenge is skipped, and a credential in token68 form (`Negotiate YII=`) is read over. Lenient where
 * registries are: missing commas, unquoted URLs and empty list elements are understood.
 */
export function parseChallenges(header: string | readonly string[] | undefined): readonly Challenge[] {
  if (header === undefined) return [];
  return (typeof header === 'string' ? [header] : header).flatMap(parseOne);
}

/** Returns the challenge to answer: the first Bearer that names a realm, else Basic, whatever their order. */
export function chooseChallenge(challenges: readonly Challenge[]): ChosenChallenge {
  for (const { scheme, parameters } of challenges) {
    const realm = parameters.get('realm')?.trim() ?? '';
    if (scheme !== 'bearer' || realm === '') continue;
    return {
      kind: 'bearer',
      realm,
      service: parameters.get('service'),
      scope: parameters.get('scope'),
      error: parameters.get('error'),
    };
  }
  return challenges.some(({ scheme }) => scheme === 'basic') ? { kind: 'basic' } : { kind: 'none' };
}

/** The challenges read so far; parameters go to the last of them. */
class ChallengeList {
  readonly challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  #isFreshScheme = false;

  add(scheme: string): void {
    this.challenges.push({ scheme: scheme.toLowerCase(), parameters: new Map() });
    this.#isFreshScheme = true;
  }

  addParameter(name: string, value: string | undefined): void {
    const parameters = this.challenges.at(-1)?.parameters;
    const key = name.toLowerCase();
    if (value !== undefined && parameters !== undefined && !parameters.has(key)) parameters.set(key, value);
  }

  /** Returns whether nothing but spaces stood between the last scheme and here, and forgets it. */
  takeFreshness(): boolean {
    const wasFresh = this.#isFreshScheme;
    this.#isFreshScheme = false;
    return wasFresh;
  }
}

function parseOne(header: string): readonly Challenge[] {
  const cursor = new HeaderCursor(header);
  const list = new ChallengeList();
  while (!cursor.isAtEnd()) {
    cursor.takeSpaces();
    const isFirstAfterScheme = list.takeFreshness();
    const text = cursor.takeWhile((character) => isTokenCharacter(character) || character === '/');
    if (text === '') skipJunk(cursor);
    else readWord(cursor, list, { text, isFirstAfterScheme });
  }
  return list.challenges;
}

function readWord(cursor: HeaderCursor, list: ChallengeList, word: Word): void {
  cursor.takeSpaces();
  if (!cursor.take('=')) {
    // A word alone behind a scheme is a token68; any other is the next scheme.
    if (!word.text.includes('/') && !(word.isFirstAfterScheme && isElementEnd(cursor))) list.add(word.text);
    return;
  }
  cursor.takeWhile((character) => character === '='); // the padding of a token68
  cursor.takeSpaces();
  if (word.isFirstAfterScheme && isElementEnd(cursor)) return;
  list.addParameter(word.text, readValue(cursor));
}

function readValue(cursor: HeaderCursor): string | undefined {
  if (cursor.peek() === '"') return cursor.takeQuotedString();
  return cursor.takeWhile((character) => !' \t,"'.includes(character));
}

function isElementEnd(cursor: HeaderCursor): boolean {
  return cursor.isAtEnd() || cursor.peek() === ',';
}

/** Moves over one character, or over one quoted-string so that commas and names inside it count for nothing. */
function skipJunk(cursor: HeaderCursor): void {
  if (cursor.peek() === '"') cursor.takeQuotedString();
  else cursor.skip();
}
