import { createHash } from 'node:crypto';
import type { Fault } from '../fakes/fake-fault.ts';
import { faultKinds } from '../fakes/fake-fault-kinds.ts';
import { oversize } from '../fakes/fake-faults.ts';
import { writeOperations, type FakeOperation } from '../fakes/fake-operation.ts';
import { isThorough } from './thoroughness.ts';

export type Side = 'primary' | 'secondary';

/** What goes wrong with which question to which registry. */
export interface FaultCell {
  readonly side: Side;
  readonly operation: FakeOperation;
  readonly kind: string;
  readonly fault: Fault;
  /** Strikes in all; `undefined`: every matching request of the cycle. */
  readonly times: number | undefined;
  /** How long the client waits for a registry that has stopped. */
  readonly patience: 'short' | 'default';
}

/** Faults of a body; where an answer has none they change nothing. */
const OF_THE_BODY: ReadonlySet<string> = new Set([
  'cut with a length',
  'cut without a length',
  'cut in chunks',
  'reset within the body',
  'stall within the body',
  'bit flip',
  'other content',
  'gzip',
  'oversize',
  'drip',
]);

const WITHOUT_BODY: ReadonlySet<FakeOperation> = new Set<FakeOperation>([
  'head-tag',
  'head-manifest',
  'head-blob',
  'open-upload',
  'mount-blob',
  'commit-upload',
  'put-manifest',
  'put-tag',
  'delete-tag',
  'delete-manifest',
]);

const LISTS: ReadonlySet<FakeOperation> = new Set<FakeOperation>(['list-catalog', 'list-tags']);

/** Each attempt of these takes real time: as many as one request makes. */
const SLOW: ReadonlySet<string> = new Set(['stall', 'stall within the body', 'drip']);

/**
 * What a registry gets over, in the client's eyes all one with `500` and `reset`, which strike for ever: these strike as often as
 * one request is repeated, so that the cycle has to get over them as well.
 */
const PASSING: ReadonlySet<string> = new Set([
  'close',
  '408',
  '429 with seconds',
  '429 with an odd Retry-After',
  '502 HTML',
  '503',
  '504',
]);

/** One cell of three; every fault and every operation is among them. */
function isPlayed(cell: string): boolean {
  return isThorough || createHash('sha256').update(cell).digest()[0]! % 3 === 0;
}

/** The cells of one operation that mean anything. */
export function faultCells(side: Side, operation: FakeOperation): readonly FaultCell[] {
  return [...faultKinds]
    .filter(([kind]) => !(OF_THE_BODY.has(kind) && WITHOUT_BODY.has(operation)))
    .filter(([kind]) => kind !== 'applied twice' || writeOperations.has(operation))
    .filter(([kind]) => isPlayed(`${side} ${operation} ${kind}`))
    .map(([kind, fault]) => ({
      side,
      operation,
      kind,
      fault: kind === 'oversize' ? oversizeFor(operation, fault) : fault,
      times: SLOW.has(kind) ? 7 : PASSING.has(kind) ? 5 : undefined,
      patience: SLOW.has(kind) ? 'short' : 'default',
    }));
}

/** 70 MiB pass the limit of a list; what is limited to 4 MiB or less passes it sooner, and faster. */
function oversizeFor(operation: FakeOperation, fault: Fault): Fault {
  return LISTS.has(operation) ? fault : oversize(5 * 1024 * 1024);
}
