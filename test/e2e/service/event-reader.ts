/** What a parser gives: whoever expects something of it says so in the test. */
export type Json = ReturnType<typeof JSON.parse>;

/** One event of a stream as it came over the wire. */
export interface ReceivedEvent {
  readonly event: string;
  readonly id: string;
  readonly data: Json;
}

/** A stream of server-sent events, read as a browser reads it, comments apart. */
export class EventReader {
  readonly events: ReceivedEvent[] = [];
  readonly comments: string[] = [];
  readonly #abort: AbortController;
  readonly #waiters = new Set<() => void>();
  /** Resolves when the server has ended the stream; rejects when the connection is lost. */
  readonly ended: Promise<void>;

  private constructor(body: ReadableStream<Uint8Array>, abort: AbortController) {
    this.#abort = abort;
    this.ended = this.#read(body);
    this.ended.catch(() => undefined);
  }

  static async open(url: string, headers: Readonly<Record<string, string>> = {}): Promise<EventReader> {
    const abort = new AbortController();
    const answer = await fetch(url, {
      headers: { accept: 'text/event-stream', ...headers },
      signal: abort.signal,
    });
    if (answer.status !== 200 || answer.body === null)
      throw new Error(`${answer.status}: ${await answer.text()}`);
    return new EventReader(answer.body, abort);
  }

  named(event: string): Json[] {
    return this.events.filter((each) => each.event === event).map(({ data }): Json => data);
  }

  /** The first event that passes. */
  async first(test: (event: ReceivedEvent) => boolean): Promise<ReceivedEvent> {
    const found = new Promise<ReceivedEvent>((resolve) => {
      const look = (): void => {
        const event = this.events.find(test);
        if (event !== undefined) resolve(event);
      };
      this.#waiters.add(look);
      look();
    });
    const missed = this.ended.then((): never => {
      throw new Error(`the stream ended without it: ${JSON.stringify(this.events)}`);
    });
    missed.catch(() => undefined);
    return await Promise.race([found, missed]);
  }

  close(): void {
    this.#abort.abort();
  }

  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    let text = '';
    for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      const messages = text.split('\n\n');
      text = messages.pop() ?? '';
      for (const message of messages) this.#take(message);
      for (const look of this.#waiters) look();
    }
  }

  #take(message: string): void {
    const fields = message.split('\n').map((line) => /^(?<name>\w*): ?(?<value>.*)$/.exec(line)?.groups);
    const of = (name: string): string | undefined => fields.find((field) => field?.name === name)?.value;
    const comment = of('');
    if (comment !== undefined) this.comments.push(comment);
    const event = of('event');
    if (event !== undefined)
      this.events.push({ event, id: of('id') ?? '', data: JSON.parse(of('data') ?? 'null') });
  }
}
