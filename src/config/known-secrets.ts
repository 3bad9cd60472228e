/** What a secret is here: something whose value can be had. */
interface Valued {
  reveal(): string;
}

/** Shorter ones are words that texts have anyway, and masking those would hide nothing and spoil much. */
const SHORTEST_CHARACTERS = 6;

/** Secrets that nothing else may hold any more, and that a registry may still repeat: the header of a request under way. */
const MOST_RECENT = 64;

const MASK = '***';

/**
 * The secrets that this process holds, so that they can be found in text that others wrote: a registry may answer with the password that
 * it was sent.
 */
class KnownSecrets {
  readonly #alive = new Set<WeakRef<Valued>>();
  readonly #gone = new FinalizationRegistry<WeakRef<Valued>>((reference) => this.#alive.delete(reference));
  readonly #recent: Valued[] = [];

  add(secret: Valued): void {
    const reference = new WeakRef(secret);
    this.#alive.add(reference);
    this.#gone.register(secret, reference);
    this.#recent.push(secret);
    if (this.#recent.length > MOST_RECENT) this.#recent.shift();
  }

  mask(text: string): string {
    const found = new Set<string>();
    for (const reference of this.#alive) {
      const pieces = piecesOf(reference.deref()?.reveal() ?? '');
      for (const piece of pieces) if (text.includes(piece)) found.add(piece);
    }
    // The longest first: one may be a part of another.
    return [...found]
      .sort((one, other) => other.length - one.length)
      .reduce((masked, piece) => masked.replaceAll(piece, MASK), text);
  }
}

const known = new KnownSecrets();

/** Has a secret masked from here on, for as long as anybody holds it. */
export function rememberSecret(secret: Valued): void {
  known.add(secret);
}

/** Text with every secret of this process replaced by `***`. */
export function maskSecrets(text: string): string {
  return known.mask(text);
}

/** The forms in which a secret is repeated: a header also without its scheme, a URL also by its password alone, and as JSON writes it. */
function piecesOf(value: string): readonly string[] {
  const credentials = /^(?:Basic|Bearer) (.+)$/.exec(value)?.[1];
  const password = URL.canParse(value) ? new URL(value).password : '';
  const pieces = [value, ...(credentials === undefined ? [] : [credentials]), password, decoded(password)];
  return pieces
    .flatMap((piece) => [piece, JSON.stringify(piece).slice(1, -1)])
    .filter((piece) => piece.length >= SHORTEST_CHARACTERS);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
