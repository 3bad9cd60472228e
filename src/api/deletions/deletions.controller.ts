import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { LiveConfiguration } from '../../config/live-configuration.ts';
import { DeletionFreezeStore } from '../../state/deletion-freeze.store.ts';
import { HeldPlanStore } from '../../state/held-plan.store.ts';
import type { HeldPlanRecord } from '../../state/deletion-desk.ts';
import { DeletionViewStore, type DeletionView } from '../../state/views/deletion-view.store.ts';
import { RequiresRole } from '../auth/requires-role.ts';
import { API_BASE } from '../http/api-base.ts';
import { configuredLink } from '../links/configured-link.ts';
import { DescribedRoute } from '../openapi/described-route.ts';
import { decodeCursor, encodeCursor } from '../pages/cursor.ts';
import { PAGE_QUERY, pageOf, type Page } from '../pages/page-query.ts';
import { ApiError } from '../problem/api-error.ts';
import { DELETION_PATH, type DeletionPath } from './deletion-path.ts';
import {
  DELETION_DOCUMENT,
  DELETION_STATE,
  deletionResponse,
  FREEZE,
  freezeResponse,
  heldPlanResponse,
  ITEMS_IN_LIST,
  PLAN_STATE,
  type DeletionDocument,
  type FreezeResponse,
} from './deletion-response.ts';

const DELETIONS_QUERY = z.strictObject({
  ...PAGE_QUERY.shape,
  state: z
    .enum([...PLAN_STATE.options, ...DELETION_STATE.options])
    .default('held')
    .describe(
      'Of plans: held, approved, rejected, expired, superseded, executed, withdrawn; of deletions: done, failed, restored, unfinished',
    ),
  link: z.string().min(1).max(256).optional().describe('Only those of this link'),
});

const DELETION_PAGE = pageOf(DELETION_DOCUMENT).extend({
  freezes: z.array(FREEZE).describe('Where deletions are frozen now, whatever is listed'),
});

interface DeletionPage extends Page<DeletionDocument> {
  readonly freezes: readonly FreezeResponse[];
}

/** What the gate holds back, and what it let go. */
@ApiTags('deletions')
@Controller(`${API_BASE}/deletions`)
@RequiresRole('viewer')
export class DeletionsController {
  readonly #configuration: LiveConfiguration;
  readonly #plans: HeldPlanStore;
  readonly #deletions: DeletionViewStore;
  readonly #freezes: DeletionFreezeStore;

  constructor(
    @Inject(LiveConfiguration) configuration: LiveConfiguration,
    @Inject(HeldPlanStore) plans: HeldPlanStore,
    @Inject(DeletionViewStore) deletions: DeletionViewStore,
    @Inject(DeletionFreezeStore) freezes: DeletionFreezeStore,
  ) {
    this.#configuration = configuration;
    this.#plans = plans;
    this.#deletions = deletions;
    this.#freezes = freezes;
  }

  @Get()
  @DescribedRoute({
    summary: 'Lists deletions that wait for an approver, or deletions that were made, newest first',
    description:
      'The documents differ by `kind`: a `plan` is everything of one repository of one secondary that an approval would delete; a `deletion` is one tag that was deleted, or was to be.',
    answer: { status: 200, description: 'A page of plans or of deletions', schema: DELETION_PAGE },
    problems: ['NOT_FOUND'],
  })
  async list(
    @Query({ schema: DELETIONS_QUERY }) query: z.output<typeof DELETIONS_QUERY>,
  ): Promise<DeletionPage> {
    const { state, limit, cursor, link = null } = query;
    if (link !== null) configuredLink(this.#configuration, link);
    const after = cursor === undefined ? null : decodeCursor(cursor, z.string().max(256));
    const page = { link, after, limit: limit + 1 };
    const ended = DELETION_STATE.safeParse(state);
    const listed = ended.success
      ? (await this.#deletions.page({ ...page, end: ended.data })).map(listedDeletion)
      : (await this.#plans.page({ ...page, state: PLAN_STATE.parse(state) })).map(listedPlan);
    const items = listed.slice(0, limit);
    const last = items.at(-1);
    return {
      items: items.map(({ document }) => document),
      nextCursor: last === undefined || listed.length <= limit ? null : encodeCursor(last.id),
      freezes: (await this.#freezes.all()).map(freezeResponse),
    };
  }

  @Get(':id')
  @DescribedRoute({
    summary: 'Shows one plan with all of its tags, or one deletion with its evidence',
    answer: { status: 200, description: 'The plan or the deletion', schema: DELETION_DOCUMENT },
    problems: ['NOT_FOUND'],
  })
  async show(@Param({ schema: DELETION_PATH }) { id }: DeletionPath): Promise<DeletionDocument> {
    const plan = await this.#plans.load(id);
    if (plan !== undefined) return heldPlanResponse(plan);
    const deletion = await this.#deletions.load(id);
    if (deletion !== undefined) return deletionResponse(deletion);
    throw new ApiError('NOT_FOUND', 'there is no plan of this hash, and no deletion of this id');
  }
}

/** A document, and the id by which the list goes on. */
interface Listed {
  readonly id: string;
  readonly document: DeletionDocument;
}

function listedPlan(plan: HeldPlanRecord): Listed {
  return { id: plan.id, document: heldPlanResponse(plan, ITEMS_IN_LIST) };
}

function listedDeletion(view: DeletionView): Listed {
  return { id: view.deletion.id, document: deletionResponse(view) };
}
