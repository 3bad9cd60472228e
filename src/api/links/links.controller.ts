import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import type { LinkConfiguration } from '../../config/configuration.ts';
import { LiveConfiguration } from '../../config/live-configuration.ts';
import { LinkScheduler } from '../../jobs/link-scheduler.ts';
import { CycleQueueStore } from '../../state/cycle-queue.store.ts';
import { LinkViewStore } from '../../state/views/link-view.store.ts';
import { RequiresRole } from '../auth/requires-role.ts';
import { API_BASE } from '../http/api-base.ts';
import { DescribedRoute } from '../openapi/described-route.ts';
import { decodeCursor, encodeCursor } from '../pages/cursor.ts';
import { PAGE_QUERY, pageOf, type Page } from '../pages/page-query.ts';
import { configuredLink, namedLink } from './configured-link.ts';
import { LINK_PATH, type LinkPath } from './link-path.ts';
import { LINK, linkResponse, type LinkResponse } from './link-response.ts';

/** Links as they are configured, and where they stand. */
@ApiTags('links')
@Controller(`${API_BASE}/links`)
@RequiresRole('viewer')
export class LinksController {
  readonly #configuration: LiveConfiguration;
  readonly #scheduler: LinkScheduler;
  readonly #cycles: CycleQueueStore;
  readonly #views: LinkViewStore;

  constructor(
    @Inject(LiveConfiguration) configuration: LiveConfiguration,
    @Inject(LinkScheduler) scheduler: LinkScheduler,
    @Inject(CycleQueueStore) cycles: CycleQueueStore,
    @Inject(LinkViewStore) views: LinkViewStore,
  ) {
    this.#configuration = configuration;
    this.#scheduler = scheduler;
    this.#cycles = cycles;
    this.#views = views;
  }

  @Get()
  @DescribedRoute({
    summary: 'Lists the links, by name',
    answer: { status: 200, description: 'A page of links', schema: pageOf(LINK) },
  })
  async list(
    @Query({ schema: PAGE_QUERY }) { limit, cursor }: z.output<typeof PAGE_QUERY>,
  ): Promise<Page<LinkResponse>> {
    const after = cursor === undefined ? '' : decodeCursor(cursor, z.string());
    const rest = this.#configuration.current.links
      .filter(({ name }) => name > after)
      .toSorted((one, other) => (one.name < other.name ? -1 : 1));
    const items: LinkResponse[] = [];
    // One after the other: a page of links must not take every connection from the workers.
    for (const link of rest.slice(0, limit)) items.push(await this.#look(link));
    const last = items.at(-1);
    return { items, nextCursor: last === undefined || rest.length <= limit ? null : encodeCursor(last.name) };
  }

  @Get(':link')
  @DescribedRoute({
    summary: 'Says how a link is configured, what it does and how far each secondary is behind',
    answer: { status: 200, description: 'The link', schema: LINK },
    problems: ['NOT_FOUND'],
  })
  async show(@Param({ schema: LINK_PATH }) { link }: LinkPath): Promise<LinkResponse> {
    return await this.#look(configuredLink(this.#configuration, link));
  }

  async #look(link: LinkConfiguration): Promise<LinkResponse> {
    const view = await this.#views.load(namedLink(link));
    const unfinished = await this.#cycles.unfinished(link.name);
    const nextCycleAt = this.#scheduler.nextCycleAt(link.name);
    return linkResponse({ link, view, unfinished, nextCycleAt });
  }
}
