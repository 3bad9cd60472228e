import { Controller, Get, Inject, Param, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { z } from 'zod';
import type { LinkConfiguration } from '../../config/configuration.ts';
import { LiveConfiguration } from '../../config/live-configuration.ts';
import { isInScope } from '../../policy/repository-scope.ts';
import { isTagInFilter } from '../../policy/tag-filter.ts';
import type { TagSighting } from '../../state/views/risk-view.store.ts';
import { RequiresRole } from '../auth/requires-role.ts';
import { API_BASE } from '../http/api-base.ts';
import { LongRequests } from '../http/long-requests.ts';
import { DescribedRoute } from '../openapi/described-route.ts';
import { ApiError } from '../problem/api-error.ts';
import { configuredLink, namedLink } from './configured-link.ts';
import { LINK_PATH, type LinkPath } from './link-path.ts';
import { TagArrival } from './tag-arrival.ts';
import { WAIT_QUERY, type WaitQuery } from './wait-query.ts';

const ARRIVED = z.object({
  link: z.string(),
  repository: z.string(),
  tag: z.string(),
  digest: z.string().nullable().describe('What the tag stands for on the primary'),
  secondaries: z.array(
    z.object({
      secondary: z.string(),
      digest: z
        .string()
        .nullable()
        .describe('What the tag stands for there; another one under a filter of platforms'),
    }),
  ),
});

/** The gate for deployments: not before every region can pull it. */
@ApiTags('links')
@Controller(`${API_BASE}/links/:link`)
@RequiresRole('viewer')
export class LinkWaitController {
  readonly #configuration: LiveConfiguration;
  readonly #arrival: TagArrival;
  readonly #requests: LongRequests;

  constructor(
    @Inject(LiveConfiguration) configuration: LiveConfiguration,
    @Inject(TagArrival) arrival: TagArrival,
    @Inject(LongRequests) requests: LongRequests,
  ) {
    this.#configuration = configuration;
    this.#arrival = arrival;
    this.#requests = requests;
  }

  @Get('wait')
  @DescribedRoute({
    summary: 'Answers when every secondary has a tag',
    description:
      'Has the repository looked at, and believes no look that began before the question: a tag that was pushed just before is never taken for one that was in sync earlier. Without a digest, what the primary has then is what counts.',
    answer: { status: 200, description: 'Every secondary has it', schema: ARRIVED },
    problems: ['NOT_FOUND', 'TOO_MANY_REQUESTS', 'TIMEOUT'],
  })
  async wait(
    @Param({ schema: LINK_PATH }) { link: name }: LinkPath,
    @Query({ schema: WAIT_QUERY }) { reference, timeoutSeconds }: WaitQuery,
    @Res({ passthrough: true }) response: Response,
  ): Promise<z.infer<typeof ARRIVED>> {
    const link = configuredLink(this.#configuration, name);
    refuseWhatIsNotReplicated(link, reference);
    const request = this.#requests.enter();
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const signal = AbortSignal.any([gone.signal, request.signal]);
    try {
      const { kind, sightings } = await this.#arrival.until(
        namedLink(link),
        reference,
        timeoutSeconds,
        signal,
      );
      if (kind === 'cut-off') throw new ApiError('UNAVAILABLE', 'the service stops: ask again');
      if (kind === 'late') throw lateness(sightings, timeoutSeconds);
      return {
        link: name,
        repository: reference.repository,
        tag: reference.tag,
        digest: sightings[0]?.primaryDigest ?? null,
        secondaries: sightings.map(({ secondary, secondaryDigest }) => ({
          secondary,
          digest: secondaryDigest,
        })),
      };
    } finally {
      request.leave();
    }
  }
}

/** Nobody should wait five minutes for what never comes. */
function refuseWhatIsNotReplicated(
  { name, policy }: LinkConfiguration,
  { repository, tag }: WaitQuery['reference'],
): void {
  const what = isInScope(policy.repositories, repository)
    ? isTagInFilter(policy.tags, tag)
      ? undefined
      : `the tag ${tag}`
    : repository;
  if (what === undefined) return;
  const message = `the filters of link ${name} leave ${what} out, so it is not replicated`;
  throw new ApiError('INVALID_REQUEST', message, { errors: [{ path: 'query.reference', message }] });
}

function lateness(sightings: readonly TagSighting[], timeoutSeconds: number): ApiError {
  const errors = sightings.map((sighting) => ({
    path: `secondary ${sighting.secondary}`,
    message: describe(sighting),
  }));
  return new ApiError('TIMEOUT', `not every secondary had it within ${timeoutSeconds} s`, { errors });
}

function describe({ isFresh, state, reason, message }: TagSighting): string {
  if (!isFresh && reason === null)
    return 'no run of the repository ended that began after the question: the link may be paused, busy, or out of reach of a registry';
  const cause = reason === null ? '' : ` (${reason}${message === null ? '' : `: ${message}`})`;
  return state === null || state === 'in_sync'
    ? `the tag is not there as it is wanted${cause}`
    : `the tag is ${state}${cause}`;
}
