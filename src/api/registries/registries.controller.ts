import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import type { RegistryConfiguration } from '../../config/configuration.ts';
import { LiveConfiguration } from '../../config/live-configuration.ts';
import { RegistryKnowledgeStore } from '../../state/registry-knowledge.store.ts';
import { RequiresRole } from '../auth/requires-role.ts';
import { API_BASE } from '../http/api-base.ts';
import { RequestClock } from '../http/request-clock.ts';
import { DescribedRoute } from '../openapi/described-route.ts';
import { decodeCursor, encodeCursor } from '../pages/cursor.ts';
import { PAGE_QUERY, pageOf, type Page } from '../pages/page-query.ts';
import { ApiError } from '../problem/api-error.ts';
import { REGISTRY_VIEW, registryView, type RegistryView } from './registry-view.ts';

const REGISTRY_PATH = z.strictObject({
  name: z.string().min(1).max(256).describe('Name of a registry of the configuration'),
});

/** The registries that are configured, and what cycles found out about them. */
@ApiTags('registries')
@Controller(`${API_BASE}/registries`)
@RequiresRole('viewer')
export class RegistriesController {
  readonly #configuration: LiveConfiguration;
  readonly #knowledge: RegistryKnowledgeStore;
  readonly #clock: RequestClock;

  constructor(
    @Inject(LiveConfiguration) configuration: LiveConfiguration,
    @Inject(RegistryKnowledgeStore) knowledge: RegistryKnowledgeStore,
    @Inject(RequestClock) clock: RequestClock,
  ) {
    this.#configuration = configuration;
    this.#knowledge = knowledge;
    this.#clock = clock;
  }

  @Get()
  @DescribedRoute({
    summary: 'Lists the registries, by name',
    answer: { status: 200, description: 'A page of registries', schema: pageOf(REGISTRY_VIEW) },
  })
  async list(
    @Query({ schema: PAGE_QUERY }) { limit, cursor }: z.output<typeof PAGE_QUERY>,
  ): Promise<Page<RegistryView>> {
    const after = cursor === undefined ? '' : decodeCursor(cursor, z.string());
    const rest = [...this.#configuration.current.registries.values()]
      .filter(({ name }) => name > after)
      .toSorted((one, other) => (one.name < other.name ? -1 : 1));
    const page = rest.slice(0, limit);
    const last = page.at(-1);
    const nextCursor = last === undefined || rest.length <= limit ? null : encodeCursor(last.name);
    return { items: await this.#views(page), nextCursor };
  }

  @Get(':name')
  @DescribedRoute({
    summary: 'Says how a registry is, which limits hold for it and what is known of it',
    answer: { status: 200, description: 'The registry', schema: REGISTRY_VIEW },
    problems: ['NOT_FOUND'],
  })
  async show(
    @Param({ schema: REGISTRY_PATH }) { name }: z.output<typeof REGISTRY_PATH>,
  ): Promise<RegistryView> {
    const registry = this.#configuration.current.registries.get(name);
    const [view] = registry === undefined ? [] : await this.#views([registry]);
    if (view === undefined)
      throw new ApiError(
        'NOT_FOUND',
        'there is no such registry: GET /api/v1/registries lists those that are configured',
      );
    return view;
  }

  async #views(registries: readonly RegistryConfiguration[]): Promise<readonly RegistryView[]> {
    const { links } = this.#configuration.current;
    const names = links.map(({ name }) => name);
    const [looks, capabilities] = await Promise.all([
      this.#knowledge.lastLooks(names),
      this.#knowledge.capabilities(
        registries.map(({ name }) => name),
        this.#clock.now(),
      ),
    ]);
    return registries.map((registry) => registryView(registry, { links, looks, capabilities }));
  }
}
