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
  /** The rule holds only after a request that this matches; default from the start. */
  readonly behind?: RegExp;
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
  const runs = rules.map((rule) => ({
    rule,
    count: 0,
    begun: rule.behind === undefined,
    gathered: signal(),
  }));
  return async ({ method, path }) => {
    const request = `${method} ${path}`;
    const holding = runs.filter(({ begun }) => begun);
    for (const run of runs) run.begun ||= run.rule.behind?.test(request) === true;
    for (const run of holding) {
      const { rule, gathered } = run;
      if (!rule.on.test(request) || run.count === rule.times) continue;
      run.count += 1;
      rule.tell?.();
      if (run.count === rule.together) gathered.give();
      if (rule.together !== undefined) await gathered.given;
      await rule.after;
      return rule.answer;
    }
    return undefined;
  };
}
