import type { ServiceLog } from '../../jobs/service-log.ts';
import type { AuditResult, AuditStore } from '../../state/audit.store.ts';
import type { CallerAt } from '../auth/caller.ts';
import { apiErrorOf } from '../problem/api-error-of.ts';

/** What somebody wants to change. */
export interface Change {
  /** What is done, like `link.resync`. */
  readonly action: string;
  readonly caller: CallerAt;
  readonly link?: string;
  /** What was asked for, as it was understood. */
  readonly asked: unknown;
}

/** Writes down who changes what; a change that cannot be written down is not made. */
export class ChangeLog {
  readonly #store: AuditStore;
  readonly #log: ServiceLog;

  constructor(store: AuditStore, log: ServiceLog) {
    this.#store = store;
    this.#log = log;
  }

  /**
   * Makes a change between the two halves of its entry, and answers what it answers.
   *
   * @param cycleIdOf the cycle that the change is about, of its answer.
   * @throws {StateError} before anything is changed, where the entry cannot be written; and what `make` throws.
   */
  async record<Answer>(
    change: Change,
    make: () => Promise<Answer>,
    cycleIdOf: (answer: Answer) => string | null = () => null,
  ): Promise<Answer> {
    const { action, link, asked } = change;
    const { name: caller, role, address } = change.caller;
    const id = await this.#store.open({ caller, role, address, action, link: link ?? null, request: asked });
    const complete = async (end: AuditResult): Promise<void> => {
      await this.#store.complete(id, end);
      const { result, cycleId } = end;
      const about = cycleId === null ? { link } : { link, cycle: cycleId };
      this.#log.info({ caller, role, address, action, ...about, result }, 'a change through the API');
    };
    try {
      const answer = await make();
      await complete({ result: 'done', cycleId: cycleIdOf(answer) });
      return answer;
    } catch (error) {
      // The error is what the caller is told; an entry that cannot be completed says `asked` for ever.
      await complete({ result: apiErrorOf(error).code, cycleId: null }).catch(() => undefined);
      throw error;
    }
  }
}
