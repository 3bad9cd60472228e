import { Body, Controller, HttpCode, Inject, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { LiveConfiguration } from '../../config/live-configuration.ts';
import { DeletionFreezeStore } from '../../state/deletion-freeze.store.ts';
import { ChangeLog } from '../audit/change-log.ts';
import { CalledBy, type CallerAt } from '../auth/caller.ts';
import { RequiresRole } from '../auth/requires-role.ts';
import { API_BASE } from '../http/api-base.ts';
import { DescribedRoute } from '../openapi/described-route.ts';
import { ApiError } from '../problem/api-error.ts';
import { REASON } from './deletion-path.ts';
import { FREEZE, freezeResponse } from './deletion-response.ts';

const SECONDARY = z
  .string()
  .min(1)
  .max(256)
  .optional()
  .describe('Name of a registry, as a secondary of any link; default: all of them');

const FREEZE_REQUEST = z.strictObject({ secondary: SECONDARY, reason: REASON });
const UNFREEZE_REQUEST = z.strictObject({ secondary: SECONDARY });

const FREEZES = z.object({ freezes: z.array(FREEZE).describe('Where deletions are frozen now') });
type Freezes = z.infer<typeof FREEZES>;

/** The emergency stop: no process on this database sends a deletion until it is lifted. */
@ApiTags('deletions')
@Controller(`${API_BASE}/deletions`)
@RequiresRole('operator')
export class DeletionFreezeController {
  readonly #configuration: LiveConfiguration;
  readonly #freezes: DeletionFreezeStore;
  readonly #changes: ChangeLog;

  constructor(
    @Inject(LiveConfiguration) configuration: LiveConfiguration,
    @Inject(DeletionFreezeStore) freezes: DeletionFreezeStore,
    @Inject(ChangeLog) changes: ChangeLog,
  ) {
    this.#configuration = configuration;
    this.#freezes = freezes;
    this.#changes = changes;
  }

  @Post('freeze')
  @HttpCode(200)
  @DescribedRoute({
    summary: 'Stops all deletions, or those on one secondary, at once and until they are unfrozen',
    description:
      'Asked before each single deletion by every process on this database, so that one that is being sent is the last. Copies go on. Freezing twice is freezing once: the first word stays.',
    answer: { status: 200, description: 'Deletions are frozen', schema: FREEZES },
    problems: ['NOT_FOUND'],
  })
  async freeze(
    @Body({ schema: FREEZE_REQUEST }) asked: z.output<typeof FREEZE_REQUEST>,
    @CalledBy() caller: CallerAt,
  ): Promise<Freezes> {
    const { secondary = null, reason = null } = asked;
    if (secondary !== null && !this.#isSecondary(secondary))
      throw new ApiError(
        'NOT_FOUND',
        'no link has a secondary of this name: GET /api/v1/registries lists those that are configured',
      );
    await this.#changes.record({ action: 'deletions.freeze', caller, asked }, () =>
      this.#freezes.freeze({ secondary, by: caller.name, reason }),
    );
    return await this.#answer();
  }

  @Post('unfreeze')
  @HttpCode(200)
  @DescribedRoute({
    summary: 'Lets deletions go on that were frozen',
    description:
      'Without a secondary it lifts the freeze of all of them, and leaves those of single ones. Unfreezing what is not frozen changes nothing.',
    answer: { status: 200, description: 'What is still frozen', schema: FREEZES },
    problems: ['NOT_FOUND'],
  })
  async unfreeze(
    @Body({ schema: UNFREEZE_REQUEST }) asked: z.output<typeof UNFREEZE_REQUEST>,
    @CalledBy() caller: CallerAt,
  ): Promise<Freezes> {
    const { secondary = null } = asked;
    await this.#changes.record({ action: 'deletions.unfreeze', caller, asked }, async () => {
      // A registry that is not configured any more may have been frozen.
      const wasFrozen = await this.#freezes.unfreeze(secondary);
      if (!wasFrozen && secondary !== null && !this.#isSecondary(secondary))
        throw new ApiError('NOT_FOUND', 'no link has a secondary of this name, and none was frozen');
    });
    return await this.#answer();
  }

  #isSecondary(name: string): boolean {
    return this.#configuration.current.links.some(({ secondaries }) =>
      secondaries.some((secondary) => secondary.name === name),
    );
  }

  async #answer(): Promise<Freezes> {
    return { freezes: (await this.#freezes.all()).map(freezeResponse) };
  }
}
