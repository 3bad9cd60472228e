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
  readonly cycleId: string;
  readonly controller: AbortController;
}

/**
 * The sessions of this process, one per cycle, so that what is learnt of one repository serves the next. Cycles of a link do not
 * overlap: with the first run of the next one, what the last one kept (manifests, spooled blobs) is given back, also where another
 * process has ended it.
 */
export class LinkSessions {
  readonly #reconciler: Reconciler;
  #closedFor: string | undefined;
  readonly #byLink = new Map<string, HeldSession>();

  constructor(reconciler: Reconciler) {
    this.#reconciler = reconciler;
  }

  /** The session of a cycle; the configuration of its beginning holds to its end. */
  of(cycle: LinkCycleRecord, link: LinkConfiguration): OpenSession {
    const known = this.#byLink.get(cycle.link);
    if (known?.cycleId === cycle.id) return known;
    if (known !== undefined) this.#abort(cycle.link, known, 'the next cycle has begun');
    const controller = new AbortController();
    const { signal } = controller;
    const session = this.#reconciler.openSession(link, { work: cycle.work, cycleId: cycle.id, signal });
    const opened: HeldSession = { session, signal, controller, cycleId: cycle.id };
    if (this.#closedFor !== undefined) controller.abort(new RunAborted(this.#closedFor));
    this.#byLink.set(cycle.link, opened);
    return opened;
  }

  /** Cuts off what is under way for a cycle. */
  abort(cycleId: string, reason: string): void {
    for (const [link, open] of this.#byLink) if (open.cycleId === cycleId) this.#abort(link, open, reason);
  }

  /** Cuts off everything, also what is only about to begin: the process ends. */
  close(reason: string): void {
    this.#closedFor = reason;
    for (const [link, open] of this.#byLink) this.#abort(link, open, reason);
  }

  #abort(link: string, { controller }: HeldSession, reason: string): void {
    this.#byLink.delete(link);
    controller.abort(new RunAborted(reason));
  }
}
