import { Body, Controller, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { LiveConfiguration } from '../../config/live-configuration.ts';
import { CycleRequests } from '../../jobs/cycle-requests.ts';
import { ChangeLog } from '../audit/change-log.ts';
import { CalledBy, type CallerAt } from '../auth/caller.ts';
import { RequiresRole } from '../auth/requires-role.ts';
import { API_BASE } from '../http/api-base.ts';
import { DescribedRoute } from '../openapi/described-route.ts';
import { configuredLink } from './configured-link.ts';
import { LINK_PATH, type LinkPath } from './link-path.ts';
import { NOTHING } from './work-request.ts';

const LINK_PAUSE = z.object({ link: z.string(), paused: z.boolean() });
type LinkPause = z.infer<typeof LINK_PAUSE>;

/** Holds links back, and lets them go on. Doing either twice is doing it once. */
@ApiTags('links')
@Controller(`${API_BASE}/links/:link`)
@RequiresRole('operator')
export class LinkPauseController {
  readonly #configuration: LiveConfiguration;
  readonly #requests: CycleRequests;
  readonly #changes: ChangeLog;

  constructor(
    @Inject(LiveConfiguration) configuration: LiveConfiguration,
    @Inject(CycleRequests) requests: CycleRequests,
    @Inject(ChangeLog) changes: ChangeLog,
  ) {
    this.#configuration = configuration;
    this.#requests = requests;
    this.#changes = changes;
  }

  @Post('pause')
  @HttpCode(200)
  @DescribedRoute({
    summary: 'Holds a link back: none of its cycles begins until it is resumed',
    description:
      'A cycle that is under way goes on; POST /api/v1/cycles/{id}/cancel ends it. What is asked for meanwhile waits.',
    answer: { status: 200, description: 'The link is paused', schema: LINK_PAUSE },
    problems: ['NOT_FOUND'],
  })
  async pause(
    @Param({ schema: LINK_PATH }) { link }: LinkPath,
    @Body({ schema: NOTHING }) asked: z.output<typeof NOTHING>,
    @CalledBy() caller: CallerAt,
  ): Promise<LinkPause> {
    configuredLink(this.#configuration, link);
    await this.#changes.record({ action: 'link.pause', caller, link, asked }, () =>
      this.#requests.pause(link),
    );
    return { link, paused: true };
  }

  @Post('resume')
  @HttpCode(200)
  @DescribedRoute({
    summary: 'Lets a link go on that was paused',
    answer: { status: 200, description: 'The link is not paused', schema: LINK_PAUSE },
    problems: ['NOT_FOUND'],
  })
  async resume(
    @Param({ schema: LINK_PATH }) { link }: LinkPath,
    @Body({ schema: NOTHING }) asked: z.output<typeof NOTHING>,
    @CalledBy() caller: CallerAt,
  ): Promise<LinkPause> {
    configuredLink(this.#configuration, link);
    await this.#changes.record({ action: 'link.resume', caller, link, asked }, () =>
      this.#requests.resume(link),
    );
    return { link, paused: false };
  }
}
