import type { CreationMemory } from '../inventory/newest-tags.ts';
import type { StateStore } from '../state/state-store.ts';
import type { CycleWork } from './cycle-request.ts';

/** What the state remembers of creation times; only `sync` adds to it. */
export function creationMemoryOf(store: StateStore, { command }: CycleWork): CreationMemory {
  return {
    load: (digests) => store.loadCreationTimes(digests),
    save: async (news, used) => {
      if (command === 'sync') await store.saveCreationTimes(news, used);
    },
  };
}
