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

/** Enough for every link of a large configuration; a session that is left out is opened anew, and learns anew. */
const MOST_SESSIONS = 64;

/** The sessions of this process, one per cycle, so that what is learnt of one repository serves the next. */
export class LinkSessions {
  readonly #reconciler: Reconciler;
  #closedFor: string | undefined;
  readonly #open = new Map<string, OpenSession & { readonly controller: AbortController }>();

  constructor(reconciler: Reconciler) {
    this.#reconciler = reconciler;
  }

  /** The session of a cycle; the configuration of its beginning holds to its end. */
  of(cycle: LinkCycleRecord, link: LinkConfiguration): OpenSession {
    const known = this.#open.get(cycle.id);
    // The one that was used longest ago is first, and so the first to be left out.
    this.#open.delete(cycle.id);
    if (known !== undefined) {
      this.#open.set(cycle.id, known);
      return known;
    }
    const controller = new AbortController();
    const { signal } = controller;
    const session = this.#reconciler.openSession(link, { work: cycle.work, cycleId: cycle.id, signal });
    const opened = { session, signal, controller };
    if (this.#closedFor !== undefined) controller.abort(new RunAborted(this.#closedFor));
    this.#open.set(cycle.id, opened);
    for (const oldest of this.#open.keys()) {
      if (this.#open.size <= MOST_SESSIONS) break;
      this.#open.delete(oldest);
    }
    return opened;
  }

  /** Cuts off what is under way for a cycle. */
  abort(cycleId: string, reason: string): void {
    const open = this.#open.get(cycleId);
    this.#open.delete(cycleId);
    open?.controller.abort(new RunAborted(reason));
  }

  /** Cuts off everything, also what is only about to begin: the process ends. */
  close(reason: string): void {
    this.#closedFor = reason;
    for (const cycleId of this.#open.keys()) this.abort(cycleId, reason);
  }
}
