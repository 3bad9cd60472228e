import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { CycleViewStore } from '../../state/views/cycle-view.store.ts';
import { CYCLE_PATH } from './cycle-path.ts';
import { knownCycle } from './known-cycle.ts';

/**
 * Refuses a stream about a cycle that there is not. In the handler it would be too late: Nest sends the head of a stream before
 * an answer of the database can be there.
 */
@Injectable()
export class KnownCycleGuard implements CanActivate {
  readonly #views: CycleViewStore;

  constructor(@Inject(CycleViewStore) views: CycleViewStore) {
    this.#views = views;
  }

  /** @throws {ApiError} `NOT_FOUND`. */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const path = CYCLE_PATH.safeParse(context.switchToHttp().getRequest<Request>().params);
    // What is no id is refused where every path is checked.
    if (path.success) await knownCycle(this.#views, path.data.id);
    return true;
  }
}
