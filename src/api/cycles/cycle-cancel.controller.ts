import { Body, Controller, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { CycleRequests } from '../../jobs/cycle-requests.ts';
import { CycleQueueStore } from '../../state/cycle-queue.store.ts';
import { ChangeLog } from '../audit/change-log.ts';
import { CalledBy, type CallerAt } from '../auth/caller.ts';
import { RequiresRole } from '../auth/requires-role.ts';
import { API_BASE } from '../http/api-base.ts';
import { NOTHING } from '../links/work-request.ts';
import { DescribedRoute } from '../openapi/described-route.ts';
import { ApiError } from '../problem/api-error.ts';
import { ACCEPTED_CYCLE, acceptedCycle, type AcceptedCycle } from './accepted-cycle.ts';
import { CYCLE_PATH, type CyclePath } from './cycle-path.ts';

/** Ends cycles before they are done. */
@ApiTags('cycles')
@Controller(`${API_BASE}/cycles/:id`)
@RequiresRole('operator')
export class CycleCancelController {
  readonly #cycles: CycleQueueStore;
  readonly #requests: CycleRequests;
  readonly #changes: ChangeLog;

  constructor(
    @Inject(CycleQueueStore) cycles: CycleQueueStore,
    @Inject(CycleRequests) requests: CycleRequests,
    @Inject(ChangeLog) changes: ChangeLog,
  ) {
    this.#cycles = cycles;
    this.#requests = requests;
    this.#changes = changes;
  }

  @Post('cancel')
  @HttpCode(202)
  @DescribedRoute({
    summary: 'Ends a cycle within seconds, wherever it runs',
    description:
      'What was copied stays copied, and no tag points to something incomplete. One that waits is over at once; cancelling twice is cancelling once.',
    answer: { status: 202, description: 'The cycle ends', schema: ACCEPTED_CYCLE },
    problems: ['NOT_FOUND', 'CONFLICT'],
  })
  async cancel(
    @Param({ schema: CYCLE_PATH }) { id }: CyclePath,
    @Body({ schema: NOTHING }) _nothing: z.output<typeof NOTHING>,
    @CalledBy() caller: CallerAt,
  ): Promise<AcceptedCycle> {
    const known = await this.#cycles.load(id);
    if (known === undefined)
      throw new ApiError('NOT_FOUND', 'there is no such cycle of the service: it may be too old to be kept');
    const { link } = known;
    await this.#changes.record(
      { action: 'cycle.cancel', caller, link, asked: { cycle: id } },
      async () => {
        if (!(await this.#requests.cancel(id)))
          throw new ApiError('CONFLICT', 'the cycle has ended already, so there is nothing to cancel');
      },
      () => id,
    );
    return acceptedCycle((await this.#cycles.load(id)) ?? known);
  }
}
