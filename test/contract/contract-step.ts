import { type FlavourExpectations } from './expectations.ts';
import { type ExpectedAnswer } from './observed-answer.ts';
import { type WireAnswer, type WireRequest } from './wire-client.ts';

/** What earlier answers of one script told: upload locations, links. */
export type ContractMemory = Map<string, string>;

export type Remember = (answer: WireAnswer, memory: ContractMemory) => void;

/** One request of the script and the answer a registry owes to it. Steps of a chapter run in order. */
export interface ContractStep {
  readonly title: string;
  readonly send: WireRequest | ((memory: ContractMemory) => WireRequest);
  readonly remember?: Remember;
  /** Why the whole answer differs from run to run or build to build, so that only `expected` is compared. */
  readonly varies?: string;
  readonly expected: ExpectedAnswer | ((flavour: FlavourExpectations) => ExpectedAnswer);
}

/** Steps that share repositories, in order. No chapter reads what another one wrote. */
export interface ContractChapter {
  readonly title: string;
  readonly steps: readonly ContractStep[];
}

/** Keeps the path and query of a header's URL under `name`; a missing header keeps an empty string. */
export function rememberPath(header: 'location' | 'link', name: string): Remember {
  return (answer, memory) => {
    const value = String(answer.headers[header] ?? '').replace(/^<|>.*$/g, '');
    memory.set(name, value.replace(/^https?:\/\/[^/]+/, ''));
  };
}

/** A remembered path. Throws when no earlier step kept it: the script itself is wrong then. */
export function recall(memory: ContractMemory, name: string): string {
  const value = memory.get(name);
  if (value === undefined) throw new Error(`no step remembered ${name}`);
  return value;
}
