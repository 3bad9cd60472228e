/** `npm run` passes on the very signal that the terminal has sent to us already; a second press comes later than this. */
const SAME_PRESS_SECONDS = 0.5;

type Listener = (signal: NodeJS.Signals) => void;

/** What Ctrl-C means while the demo runs: the first ends it in good order, one more at once. */
export class Interruption {
  readonly #controller = new AbortController();
  readonly #listeners = new Set<Listener>();
  #lastPressSeconds = Number.NEGATIVE_INFINITY;

  constructor() {
    const onSignal = (signal: NodeJS.Signals): void => this.#press(signal);
    process.on('SIGINT', onSignal).on('SIGTERM', onSignal).on('SIGHUP', onSignal);
  }

  /** Whether somebody wants the demo to end. */
  hasCome(): boolean {
    return this.#controller.signal.aborted;
  }

  /** Ends a step of the demo between two of its parts. */
  throwIfItCame(): void {
    this.#controller.signal.throwIfAborted();
  }

  /** Calls `listener` at each press, for a child process that is to hear of it; gives back how to stop that. */
  onPress(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Resolves at the first press. */
  async wait(): Promise<void> {
    if (this.hasCome()) return;
    await new Promise<void>((resolve) => {
      // Keeps the process alive: a handler of a signal alone does not.
      const alive = setInterval(() => undefined, 60_000);
      this.#controller.signal.addEventListener('abort', () => {
        clearInterval(alive);
        resolve();
      });
    });
  }

  #press(signal: NodeJS.Signals): void {
    const nowSeconds = performance.now() / 1000;
    if (nowSeconds - this.#lastPressSeconds < SAME_PRESS_SECONDS) return;
    this.#lastPressSeconds = nowSeconds;
    const isFirst = !this.hasCome();
    this.#controller.abort();
    for (const listener of this.#listeners) listener(signal);
    // Registries end with this process, however it ends.
    if (!isFirst && this.#listeners.size === 0) process.exit(130);
  }
}
