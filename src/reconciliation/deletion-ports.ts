import type { DeletionAlarm } from '../execution/deletion-alarm.ts';
import type { DeletionJournal } from '../execution/deletion-journal.ts';
import type { CycleObserver, LinkName } from './cycle-observer.ts';
import type { LinkContext } from './link-context.ts';

/** Who stops deletions where it was this service itself. */
const OURSELVES = 'geo-reconciler';

/** Writes the deletions of one secondary down in the state. */
export function deletionJournal(
  { store, cycleId }: Pick<LinkContext, 'store' | 'cycleId'>,
  { link, secondary }: LinkName,
): DeletionJournal {
  return {
    started: (entry) => store.deletionStarted({ ...entry, cycleId, link, secondary }),
    advanced: (id, state, detail) => store.deletionAdvanced(id, state, detail),
  };
}

/** Stops deletions by a row that every process reads, and tells of what was lost. */
export function deletionAlarm(
  { store, observer }: { readonly store: LinkContext['store']; readonly observer: CycleObserver },
  name: LinkName,
): DeletionAlarm {
  const { secondary } = name;
  return {
    stopDeletions: (reason) => store.freezeDeletions({ secondary, by: OURSELVES, reason }),
    whyStopped: async () => {
      const freeze = await store.loadFreeze(secondary);
      if (freeze === undefined) return undefined;
      const { by, at, reason } = freeze;
      return `${by} stopped deletions at ${at.toISOString()}${reason === null ? '' : `: ${reason}`}`;
    },
    siblingLost: (loss) => observer.siblingLost(name, loss.repository, loss),
  };
}
