import type { LinkConfiguration } from '../config/configuration.ts';
import type { LinkSession } from '../reconciliation/link-session.ts';
import type { Reconciler } from '../reconciliation/reconciler.ts';
import type { LinkCycleRecord } from '../state/link-cycle.ts';

/** A link during one cycle in this process, and how to end everything that is under way for it here. */
export interface OpenSession {
  readonly session: LinkSession;
  readonly signal: AbortSignal;
}

/** Why runs were cut off; they are no failures of anything, and come again. */
class RunAborted extends Error {
  override readonly name = 'RunAborted';
}

interface HeldSession extends OpenSession {
  readonly link: string;
  readonly controller: AbortController;
}

/**
 * The sessions of this process, one per cycle, so that what is learnt of one repository serves the next. What a cycle kept (manifests,
 * spooled blobs) is given back as soon as another one of its link begins here and it is over, also where another process has ended it.
 */
export class LinkSessions {
  readonly #reconciler: Reconciler;
  #closedFor: string | undefined;
  readonly #byCycle = new Map<string, HeldSession>();

  constructor(reconciler: Reconciler) {
    this.#reconciler = reconciler;
  }

  /**
   * The session of a cycle; the configuration of its beginning holds to its end.
   *
   * @param openCycles ids of the cycles of the link that are under way.
   */
  of(cycle: LinkCycleRecord, link: LinkConfiguration, openCycles: readonly string[]): OpenSession {
    const known = this.#byCycle.get(cycle.id);
    if (known !== undefined) return known;
    for (const [id, held] of this.#byCycle) {
      if (held.link === cycle.link && !openCycles.includes(id)) this.#abort(id, held, 'the cycle has ended');
    }
    const controller = new AbortController();
    const { signal } = controller;
    const secondaries = link.secondaries.filter(({ name }) => name in cycle.stages);
    const session = this.#reconciler.openSession(
      { ...link, secondaries },
      { work: cycle.work, cycleId: cycle.id, signal },
    );
    const opened: HeldSession = { session, signal, controller, link: cycle.link };
    if (this.#closedFor !== undefined) controller.abort(new RunAborted(this.#closedFor));
    this.#byCycle.set(cycle.id, opened);
    return opened;
  }

  /** Cuts off what is under way for a cycle. */
  abort(cycleId: string, reason: string): void {
    const held = this.#byCycle.get(cycleId);
    if (held !== undefined) this.#abort(cycleId, held, reason);
  }

  /** Cuts off everything, also what is only about to begin: the process ends. */
  close(reason: string): void {
    this.#closedFor = reason;
    for (const [cycleId, held] of this.#byCycle) this.#abort(cycleId, held, reason);
  }

  #abort(cycleId: string, { controller }: HeldSession, reason: string): void {
    this.#byCycle.delete(cycleId);
    controller.abort(new RunAborted(reason));
  }
}
