import { Body, Controller, HttpCode, Inject, Param, Post, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import type { z } from 'zod';
import { LiveConfiguration } from '../../config/live-configuration.ts';
import type { DeletionRecord } from '../../state/deletion-entry.ts';
import type { RestoreWish } from '../../state/tag-restore.store.ts';
import { DeletionViewStore, type DeletionView } from '../../state/views/deletion-view.store.ts';
import { ChangeLog } from '../audit/change-log.ts';
import { CalledBy, type CallerAt } from '../auth/caller.ts';
import { RequiresRole } from '../auth/requires-role.ts';
import { API_BASE } from '../http/api-base.ts';
import { NOTHING } from '../links/work-request.ts';
import { DescribedRoute } from '../openapi/described-route.ts';
import { ApiError } from '../problem/api-error.ts';
import { DELETION_PATH, type DeletionPath } from './deletion-path.ts';
import { DELETION, deletionResponse, type DeletionResponse } from './deletion-response.ts';
import { RestoreWait } from './restore-wait.ts';

/** Puts deleted tags back. */
@ApiTags('deletions')
@Controller(`${API_BASE}/deletions/:id`)
@RequiresRole('approver')
export class DeletionRestoreController {
  readonly #configuration: LiveConfiguration;
  readonly #deletions: DeletionViewStore;
  readonly #wait: RestoreWait;
  readonly #changes: ChangeLog;

  constructor(
    @Inject(LiveConfiguration) configuration: LiveConfiguration,
    @Inject(DeletionViewStore) deletions: DeletionViewStore,
    @Inject(RestoreWait) wait: RestoreWait,
    @Inject(ChangeLog) changes: ChangeLog,
  ) {
    this.#configuration = configuration;
    this.#deletions = deletions;
    this.#wait = wait;
    this.#changes = changes;
  }

  @Post('restore')
  @HttpCode(200)
  @DescribedRoute({
    summary: 'Puts a deleted tag back on its secondary',
    description:
      'From the content that the secondary still has, else from the primary while it has it by digest, and reads it back. The answer waits up to 10 s for the end; where it takes longer it is a 202, and GET /api/v1/deletions/{id} says how it goes on. From now on the tag is kept: no cycle deletes it, until somebody approves the plan that names it.',
    answer: {
      status: 200,
      description: 'The deletion, with the tag put back; with the status 202 while that is under way',
      schema: DELETION,
      headers: { Location: 'Where the restore can be followed' },
    },
    problems: ['NOT_FOUND', 'CONFLICT'],
  })
  async restore(
    @Param({ schema: DELETION_PATH }) { id }: DeletionPath,
    @Body({ schema: NOTHING }) _nothing: z.output<typeof NOTHING>,
    @CalledBy() caller: CallerAt,
    @Res({ passthrough: true }) response: Response,
  ): Promise<DeletionResponse> {
    const { deletion } = await this.#known(id);
    const { link } = deletion;
    const change = { action: 'deletions.restore', caller, link, asked: { deletion: id } };
    const end = await this.#changes.record(
      change,
      async () => await this.#wait.restore(this.#wishOf(deletion, caller.name)),
    );
    response.location(`/${API_BASE}/deletions/${id}`);
    if (end === 'under-way') response.status(202);
    return deletionResponse(await this.#known(id));
  }

  async #known(id: string): Promise<DeletionView> {
    const view = await this.#deletions.load(id);
    if (view === undefined)
      throw new ApiError(
        'NOT_FOUND',
        'there is no deletion of this id: GET /api/v1/deletions?state=done lists them',
      );
    return view;
  }

  /** @throws {ApiError} `CONFLICT` for what nobody can put back. */
  #wishOf(deletion: DeletionRecord, by: string): RestoreWish {
    const { id, link, secondary, repository, tag, secondaryDigest: digest, state } = deletion;
    if (this.#configuration.link(link) === undefined)
      throw new ApiError('CONFLICT', `the link ${link} is not configured any more`);
    if (state !== 'verified' && state !== 'failed')
      throw new ApiError(
        'CONFLICT',
        'the deletion has not ended: the next cycle finishes it, try again then',
      );
    if (digest === null)
      throw new ApiError(
        'CONFLICT',
        'nobody knows what the tag stood for: the registry did not know it either',
      );
    return { deletionId: id, link, secondary, repository, tag, digest, by };
  }
}
