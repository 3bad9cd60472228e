import type { Fault } from '../../fakes/fake-fault.ts';
import type { RequestRecord } from '../../fakes/fake-history.ts';
import type { FakeOperation } from '../../fakes/fake-operation.ts';
import type { FakeRegistry } from '../../fakes/fake-registry.ts';
import { APP, ORPHAN, type TrapWorld } from './trap-world.ts';

const LOOK: readonly FakeOperation[] = ['head-tag', 'get-tag'];

/** The first page of the tags of `team/app`, or with `next` every later one. */
export function tagListIs(registry: FakeRegistry, fault: Fault, page: 'first' | 'next' = 'first'): void {
  registry.faults.add({
    operation: page === 'first' ? 'list-tags' : 'list-tags-next',
    repository: APP,
    fault,
  });
}

/** Every lookup of one tag, by HEAD and by GET. */
export function lookupIs(registry: FakeRegistry, fault: Fault, tag = ORPHAN): void {
  registry.faults.add({ operation: LOOK, repository: APP, reference: tag, fault });
}

/** Whether the primary has been asked for the orphan since this was made: the last look is under way. */
function lastLook(world: TrapWorld): () => boolean {
  const from = world.primary.history.all.length;
  return () => world.primary.history.all.slice(from).some(isOrphanLookup);
}

function isOrphanLookup({ operation, reference, ended }: RequestRecord): boolean {
  return LOOK.includes(operation) && reference === ORPHAN && ended !== null;
}

/** Lookups of other tags, from the last look at the orphan on: the control. */
export function controlIs(world: TrapWorld, fault: Fault): void {
  const hasLooked = lastLook(world);
  world.primary.faults.add({
    operation: LOOK,
    when: ({ reference }) => reference !== ORPHAN && hasLooked(),
    fault,
  });
}

/** The lookup of the orphan on the secondary in the last look, and all after it. */
export function ownLookupIs(world: TrapWorld, fault: Fault): void {
  const hasLooked = lastLook(world);
  world.secondary.faults.add({ operation: LOOK, repository: APP, reference: ORPHAN, when: hasLooked, fault });
}

/** Moments of the cycle that would delete, in their order; each is the arrival of a request. */
export const MOMENTS: ReadonlyMap<string, (world: TrapWorld, change: Fault) => void> = new Map<
  string,
  (world: TrapWorld, change: Fault) => void
>([
  [
    'before the primary is reached',
    ({ primary }, fault) => void primary.faults.add({ operation: 'ping', times: 1, fault }),
  ],
  [
    'while the catalog is read',
    ({ primary }, fault) => void primary.faults.add({ operation: 'list-catalog', times: 1, fault }),
  ],
  [
    'before the first page of the tags',
    ({ primary }, fault) =>
      void primary.faults.add({ operation: 'list-tags', repository: APP, times: 1, fault }),
  ],
  [
    'between the pages of the tags',
    ({ primary }, fault) =>
      void primary.faults.add({ operation: 'list-tags-next', repository: APP, times: 1, fault }),
  ],
  [
    'before the last page of the tags',
    ({ primary }, fault) =>
      void primary.faults.add({ operation: 'list-tags-next', repository: APP, nth: 2, fault }),
  ],
  [
    'while the digests are resolved',
    ({ primary }, fault) =>
      void primary.faults.add({ operation: 'head-tag', repository: APP, reference: 'v2', times: 1, fault }),
  ],
  [
    'right before its own last lookup',
    ({ primary }, fault) =>
      void primary.faults.add({ operation: LOOK, repository: APP, reference: ORPHAN, times: 1, fault }),
  ],
]);

/** Moments after the primary has said for the last time that it does not know the orphan. */
export const LATE_MOMENTS: ReadonlyMap<string, (world: TrapWorld, change: Fault) => void> = new Map<
  string,
  (world: TrapWorld, change: Fault) => void
>([
  ['while the control tag is looked up', (world, fault) => controlIs(world, fault)],
  ['while the secondary is looked at', (world, fault) => ownLookupIs(world, fault)],
]);

/** Runs the change when the request arrives, on whichever registry the request came to. */
export function at(change: () => void): Fault {
  return { kind: 'change', change };
}
