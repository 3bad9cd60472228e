import type { Digest } from '../oci/digest.ts';
import type { RepositoryName } from '../oci/reference.ts';
import type { LinkContext } from './link-context.ts';
import type { NamedRepository } from './link-listing.ts';
import { readPrimarySide, type PrimaryReading } from './primary-reading.ts';

/** A tag takes some 200 bytes: this is what secondaries may lag behind one another before the primary is read again for the last. */
const MOST_TAGS = 500_000;

interface Kept {
  readonly reading: Promise<PrimaryReading>;
  /** Secondaries that have yet to take it. */
  waiting: number;
  tags: number;
}

/** The primary's side of repositories, each read when the first secondary wants it and kept until the last one took it. */
export class SharedReadings {
  readonly #context: LinkContext;
  readonly #secondaries: number;
  readonly #mostTags: number;
  /** Oldest first. */
  readonly #kept = new Map<RepositoryName, Kept>();
  #tags = 0;

  constructor(context: LinkContext, secondaries: number, mostTags = MOST_TAGS) {
    this.#context = context;
    this.#secondaries = secondaries;
    this.#mostTags = mostTags;
  }

  async take({ listed }: NamedRepository, remembered: ReadonlyMap<Digest, Digest>): Promise<PrimaryReading> {
    const kept = this.#kept.get(listed.name) ?? this.#begin(listed, remembered);
    kept.waiting -= 1;
    const reading = await kept.reading;
    if (kept.waiting === 0) this.#drop(listed.name, kept);
    return reading;
  }

  #begin(listed: NamedRepository['listed'], remembered: ReadonlyMap<Digest, Digest>): Kept {
    const reading = readPrimarySide(this.#context, listed, remembered);
    const kept: Kept = { reading, waiting: this.#secondaries, tags: 0 };
    this.#kept.set(listed.name, kept);
    reading.then(
      (read) => this.#weigh(listed.name, kept, 'tags' in read ? read.tags.size : 0),
      () => undefined, // whoever takes it hears of it
    );
    return kept;
  }

  #weigh(name: RepositoryName, kept: Kept, tags: number): void {
    if (this.#kept.get(name) !== kept) return;
    kept.tags = tags;
    this.#tags += tags;
    for (const [oldest, other] of this.#kept) {
      if (this.#tags <= this.#mostTags) return;
      this.#drop(oldest, other);
    }
  }

  #drop(name: RepositoryName, kept: Kept): void {
    if (this.#kept.get(name) !== kept) return;
    this.#kept.delete(name);
    this.#tags -= kept.tags;
  }
}
