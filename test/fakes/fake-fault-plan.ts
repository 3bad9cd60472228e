import { type Fault } from './fake-fault.ts';
import { matches, type RequestFilter, type RequestRecord } from './fake-history.ts';

/** When a fault strikes. Without `nth` and `times` it strikes every matching request. */
export interface FaultRule extends Omit<RequestFilter, 'status'> {
  /** Only the nth matching request, counted from 1. */
  readonly nth?: number;
  /** At most this many of them; from the nth on where both are given. */
  readonly times?: number;
  readonly when?: (request: RequestRecord) => boolean;
  readonly fault: Fault;
}

/** A rule of the plan, to look at and to take back. */
export interface PlannedFault {
  /** How often it struck. */
  readonly struck: () => number;
  readonly remove: () => void;
}

interface Entry {
  readonly rule: FaultRule;
  seen: number;
  struck: number;
}

/** Which fault strikes which request. Of several rules that would strike, the one added first does. */
export class FaultPlan {
  readonly #entries = new Set<Entry>();

  add(rule: FaultRule): PlannedFault {
    const entry: Entry = { rule, seen: 0, struck: 0 };
    this.#entries.add(entry);
    return { struck: () => entry.struck, remove: () => void this.#entries.delete(entry) };
  }

  clear(): void {
    this.#entries.clear();
  }

  /** The fault for this request, and one more request seen by every rule that it matches. */
  take(request: RequestRecord): Fault | undefined {
    const due: Entry[] = [];
    for (const entry of this.#entries) {
      if (!isFor(entry.rule, request)) continue;
      entry.seen += 1;
      if (isDue(entry)) due.push(entry);
    }
    const [first] = due;
    if (first !== undefined) first.struck += 1;
    return first?.rule.fault;
  }
}

function isFor(rule: FaultRule, request: RequestRecord): boolean {
  return matches(request, rule) && (rule.when?.(request) ?? true);
}

function isDue({ rule, seen, struck }: Entry): boolean {
  const { nth, times } = rule;
  if (times === undefined) return nth === undefined || seen === nth;
  return seen >= (nth ?? 1) && struck < times;
}
