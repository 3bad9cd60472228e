import type { Clock } from '../time/clock.ts';
import type { DatabaseAccess } from './database-options.ts';
import { MemoryStateStore } from './memory-state.store.ts';
import type { OpenState } from './opened-state.ts';
import { ReadOnlyStateStore } from './read-only-state.store.ts';

/** A state that is empty at first and gone at the end. */
export function openMemoryState(access: DatabaseAccess, clock: Clock): OpenState {
  const memory = new MemoryStateStore(clock);
  const store = access === 'read-only' ? new ReadOnlyStateStore(memory) : memory;
  return {
    store,
    service: undefined,
    url: undefined,
    ping: () => Promise.resolve(),
    close: () => store.close(),
  };
}
