import { signal } from './signal.ts';

/** An answer that the registry did not give. */
interface ForgedAnswer {
  readonly status: number;
  /** The error code of the body, as a registry writes it. */
  readonly code: string;
}

/** What a proxy does by itself with some of the requests. */
export interface ForgeryRule {
  /** Matched with the method, a blank and the path. */
  readonly on: RegExp;
  /** `cut off` ends the connection; default: the registry is asked. */
  readonly answer?: ForgedAnswer | 'cut off';
  /** How many matching requests pass before the rule holds; default none. */
  readonly skip?: number;
  /** For how many matching requests the rule holds; default all. */
  readonly times?: number;
  /** Waits for this before anything is answered. */
  readonly after?: Promise<void>;
  /** Waits until so many matching requests are there. */
  readonly together?: number;
  /** Told when a matching request arrives. */
  readonly tell?: () => void;
}

/** What becomes of one request; undefined passes it on. */
export type Forgery = (request: {
  readonly method: string;
  readonly path: string;
}) => Promise<ForgeryRule['answer']>;

/** The forgery of a list of rules: the first that holds for a request decides. */
export function forgeryOf(rules: readonly ForgeryRule[]): Forgery {
  const runs = rules.map((rule) => ({ rule, count: 0, gathered: signal() }));
  return async ({ method, path }) => {
    for (const run of runs) {
      const { rule, gathered } = run;
      if (!rule.on.test(`${method} ${path}`)) continue;
      run.count += 1;
      const number = run.count - (rule.skip ?? 0);
      if (number < 1 || number > (rule.times ?? Infinity)) continue;
      rule.tell?.();
      if (number === rule.together) gathered.give();
      if (rule.together !== undefined) await gathered.given;
      await rule.after;
      return rule.answer;
    }
    return undefined;
  };
}
