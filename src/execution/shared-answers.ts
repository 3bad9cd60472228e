/** What was asked once and is kept for others that will ask the same, up to a bound; failures are not kept. */
export class SharedAnswers<Answer> {
  readonly #limitBytes: number;
  readonly #sizeOf: (answer: Answer) => number;
  /** Oldest first. */
  readonly #kept = new Map<string, { readonly answer: Answer; readonly sizeBytes: number }>();
  readonly #asking = new Map<string, Promise<Answer>>();
  #keptBytes = 0;

  constructor(limitBytes: number, sizeOf: (answer: Answer) => number) {
    this.#limitBytes = limitBytes;
    this.#sizeOf = sizeOf;
  }

  /** The answer that is kept or on its way, else that of `ask`. */
  async get(key: string, ask: () => Promise<Answer>): Promise<Answer> {
    const kept = this.#kept.get(key);
    if (kept !== undefined) return kept.answer;
    const asking = this.#asking.get(key) ?? this.#ask(key, ask);
    return await asking;
  }

  #ask(key: string, ask: () => Promise<Answer>): Promise<Answer> {
    const asking = ask()
      .then((answer) => this.#keep(key, answer))
      .finally(() => this.#asking.delete(key));
    this.#asking.set(key, asking);
    return asking;
  }

  #keep(key: string, answer: Answer): Answer {
    const sizeBytes = this.#sizeOf(answer) + key.length;
    this.#kept.set(key, { answer, sizeBytes });
    this.#keptBytes += sizeBytes;
    for (const [oldest, { sizeBytes: freed }] of this.#kept) {
      if (this.#keptBytes <= this.#limitBytes) break;
      this.#kept.delete(oldest);
      this.#keptBytes -= freed;
    }
    return answer;
  }
}
