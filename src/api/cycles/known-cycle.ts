import type { CycleView, CycleViewStore } from '../../state/views/cycle-view.store.ts';
import { ApiError } from '../problem/api-error.ts';

/** The cycle of this id. @throws {ApiError} `NOT_FOUND`. */
export async function knownCycle(views: CycleViewStore, id: string): Promise<CycleView> {
  const cycle = await views.load(id);
  if (cycle === undefined)
    throw new ApiError('NOT_FOUND', 'there is no such cycle of the service: it may be too old to be kept');
  return cycle;
}
