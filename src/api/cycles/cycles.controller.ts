import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { LiveConfiguration } from '../../config/live-configuration.ts';
import { CycleViewStore } from '../../state/views/cycle-view.store.ts';
import { RequiresRole } from '../auth/requires-role.ts';
import { API_BASE } from '../http/api-base.ts';
import { configuredLink } from '../links/configured-link.ts';
import { LINK_PATH } from '../links/link-path.ts';
import { DescribedRoute } from '../openapi/described-route.ts';
import { decodeCursor, encodeCursor } from '../pages/cursor.ts';
import { PAGE_QUERY, pageOf, type Page } from '../pages/page-query.ts';
import { CYCLE_OUTCOME } from './cycle-outcome.ts';
import { CYCLE_PATH, type CyclePath } from './cycle-path.ts';
import {
  CYCLE,
  CYCLE_WITH_REPORT,
  cycleResponse,
  reportOf,
  type CycleProgressResponse,
  type CycleResponse,
  type CycleWithReport,
} from './cycle-response.ts';
import { knownCycle } from './known-cycle.ts';

const CYCLES_QUERY = z.strictObject({
  ...PAGE_QUERY.shape,
  link: LINK_PATH.shape.link.optional(),
  outcome: CYCLE_OUTCOME.optional().describe('Only those that ended so'),
});

/** What orders the list, and which cycles it is a list of. */
const PLACE = z.object({ place: z.string().regex(/^\d{1,17}$/), id: CYCLE_PATH.shape.id });

/** Cycles of the past, and those that wait or are under way. */
@ApiTags('cycles')
@Controller(`${API_BASE}/cycles`)
@RequiresRole('viewer')
export class CyclesController {
  readonly #configuration: LiveConfiguration;
  readonly #views: CycleViewStore;

  constructor(
    @Inject(LiveConfiguration) configuration: LiveConfiguration,
    @Inject(CycleViewStore) views: CycleViewStore,
  ) {
    this.#configuration = configuration;
    this.#views = views;
  }

  @Get()
  @DescribedRoute({
    summary: 'Lists the cycles of the service, the newest request first',
    answer: { status: 200, description: 'A page of cycles', schema: pageOf(CYCLE) },
    problems: ['NOT_FOUND'],
  })
  async list(
    @Query({ schema: CYCLES_QUERY }) query: z.output<typeof CYCLES_QUERY>,
  ): Promise<Page<CycleResponse>> {
    const { link = null, outcome = null, limit, cursor } = query;
    if (link !== null) configuredLink(this.#configuration, link);
    const after = cursor === undefined ? null : decodeCursor(cursor, PLACE);
    const views = await this.#views.page({ link, outcome, after, limit: limit + 1 });
    const page = views.slice(0, limit);
    const ends = await this.#views.linkEnds(page.map(({ id }) => id));
    const last = page.at(-1);
    const nextCursor =
      last === undefined || views.length <= limit ? null : encodeCursor({ place: last.place, id: last.id });
    return { items: page.map((view) => cycleResponse(view, ends)), nextCursor };
  }

  @Get(':id')
  @DescribedRoute({
    summary: 'Says how a cycle stands, or what it came to, step by step',
    description:
      'History keeps 200 steps and 200 repositories of every secondary, what failed first; the counts are complete. GET /api/v1/cycles/{id}/events follows it.',
    answer: { status: 200, description: 'The cycle', schema: CYCLE_WITH_REPORT },
    problems: ['NOT_FOUND'],
  })
  async show(@Param({ schema: CYCLE_PATH }) { id }: CyclePath): Promise<CycleWithReport> {
    const view = await knownCycle(this.#views, id);
    const isOpen = view.status !== 'finished';
    const ends = isOpen ? [] : await this.#views.linkEnds([id]);
    return {
      ...cycleResponse(view, ends),
      progress: isOpen && view.status !== 'waiting' ? await this.#progress(id) : null,
      report: isOpen ? null : reportOf(await this.#views.report(id)),
    };
  }

  async #progress(id: string): Promise<CycleProgressResponse> {
    const counts = await this.#views.counts(id);
    return { ...counts, secondaries: [...(await this.#views.totals(id))] };
  }
}
