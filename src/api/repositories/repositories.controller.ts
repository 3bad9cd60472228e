import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { LiveConfiguration } from '../../config/live-configuration.ts';
import { isRepositoryName } from '../../oci/reference.ts';
import { RepositoryViewStore } from '../../state/views/repository-view.store.ts';
import { RequiresRole } from '../auth/requires-role.ts';
import { API_BASE } from '../http/api-base.ts';
import { configuredLink, namedLink } from '../links/configured-link.ts';
import { LINK_PATH, type LinkPath } from '../links/link-path.ts';
import { DescribedRoute } from '../openapi/described-route.ts';
import { decodeCursor, encodeCursor } from '../pages/cursor.ts';
import { PAGE_QUERY, pageOf, type Page } from '../pages/page-query.ts';
import { ApiError } from '../problem/api-error.ts';
import {
  REPOSITORY,
  REPOSITORY_STATE,
  REPOSITORY_WITH_TAGS,
  repositoryResponse,
  TAG_STATE,
  tagResponse,
  type RepositoryResponse,
  type RepositoryWithTags,
  type TagResponse,
} from './repository-response.ts';

const REPOSITORY_PATH = LINK_PATH.extend({
  repository: z
    .string()
    .refine(isRepositoryName, { error: 'no name of a repository' })
    .describe('Name of a repository of the primary, percent-encoded: `team%2Fapp`'),
});

const REPOSITORIES_QUERY = z.strictObject({
  ...PAGE_QUERY.shape,
  state: REPOSITORY_STATE.optional().describe('Only those that stand so on one secondary at least'),
});

const TAGS_QUERY = z.strictObject({
  ...PAGE_QUERY.shape,
  state: TAG_STATE.optional().describe('Only tags that stand so on one secondary at least'),
});

/** Repositories of links, and their tags. */
@ApiTags('repositories')
@Controller(`${API_BASE}/links/:link/repositories`)
@RequiresRole('viewer')
export class RepositoriesController {
  readonly #configuration: LiveConfiguration;
  readonly #views: RepositoryViewStore;

  constructor(
    @Inject(LiveConfiguration) configuration: LiveConfiguration,
    @Inject(RepositoryViewStore) views: RepositoryViewStore,
  ) {
    this.#configuration = configuration;
    this.#views = views;
  }

  @Get()
  @DescribedRoute({
    summary: 'Lists the repositories of a link, by name in the order of bytes',
    description: 'Those that the primary has no longer are left out.',
    answer: { status: 200, description: 'A page of repositories', schema: pageOf(REPOSITORY) },
    problems: ['NOT_FOUND'],
  })
  async list(
    @Param({ schema: LINK_PATH }) { link }: LinkPath,
    @Query({ schema: REPOSITORIES_QUERY }) query: z.output<typeof REPOSITORIES_QUERY>,
  ): Promise<Page<RepositoryResponse>> {
    const of = namedLink(configuredLink(this.#configuration, link));
    const { limit, state = null } = query;
    const views = await this.#views.page(of, { state, after: placeOf(query), limit: limit + 1 });
    return pageBy(views.map(repositoryResponse), limit, ({ repository }) => repository);
  }

  @Get(':repository')
  @DescribedRoute({
    summary: 'Says how a repository stands on every secondary, and a page of its tags',
    answer: { status: 200, description: 'The repository', schema: REPOSITORY_WITH_TAGS },
    problems: ['NOT_FOUND'],
  })
  async show(
    @Param({ schema: REPOSITORY_PATH }) path: z.output<typeof REPOSITORY_PATH>,
    @Query({ schema: TAGS_QUERY }) query: z.output<typeof TAGS_QUERY>,
  ): Promise<RepositoryWithTags> {
    const of = namedLink(configuredLink(this.#configuration, path.link));
    const { limit, state = null } = query;
    const after = placeOf(query);
    const view = await this.#views.load(of, path.repository);
    if (view === undefined)
      throw new ApiError(
        'NOT_FOUND',
        'the link knows no such repository: the primary does not have it, the filters leave it out, or no cycle has listed it yet',
      );
    const tags = await this.#views.tags(of, path.repository, { state, after, limit: limit + 1 });
    const page: Page<TagResponse> = pageBy(tags.map(tagResponse), limit, ({ tag }) => tag);
    return { ...repositoryResponse(view), tags: { items: [...page.items], nextCursor: page.nextCursor } };
  }
}

/** What names of repositories and tags are made of. */
const PLACE = z.string().regex(/^[\w./-]{1,255}$/);

function placeOf({ cursor }: { readonly cursor?: string | undefined }): string | null {
  return cursor === undefined ? null : decodeCursor(cursor, PLACE);
}

/** @param items one more than the limit, where there are more. */
function pageBy<Item>(items: readonly Item[], limit: number, nameOf: (item: Item) => string): Page<Item> {
  const page = items.slice(0, limit);
  const last = page.at(-1);
  const nextCursor = last === undefined || items.length <= limit ? null : encodeCursor(nameOf(last));
  return { items: page, nextCursor };
}
