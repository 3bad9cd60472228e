import PQueue from 'p-queue';

/** Repositories of one secondary worked on at once: enough to keep it busy, few enough to hold in memory. */
const REPOSITORIES_AT_ONCE = 16;

/**
 * Who works on a secondary now. Runs of a link wait here for a secondary that lags behind, each secondary with a queue of its own, so
 * that a slow one gets no more at once than the others, however far they are ahead.
 */
export class SecondaryTurns {
  readonly #queues: ReadonlyMap<string, PQueue>;

  constructor(secondaries: readonly string[], atOnce = REPOSITORIES_AT_ONCE) {
    this.#queues = new Map(secondaries.map((name) => [name, new PQueue({ concurrency: atOnce })]));
  }

  /** Does the work when its turn on that secondary has come, and gives back what becomes of it. */
  async take(secondary: string, work: () => Promise<void>): Promise<void> {
    await (this.#queues.get(secondary)?.add(work) ?? work());
  }
}
