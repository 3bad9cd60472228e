import { Body, Controller, HttpCode, Inject, Param, Post, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import type { z } from 'zod';
import { LiveConfiguration } from '../../config/live-configuration.ts';
import { CycleRequests } from '../../jobs/cycle-requests.ts';
import type { CycleWish } from '../../state/link-cycle.ts';
import { ChangeLog, type Change } from '../audit/change-log.ts';
import { CalledBy, type CallerAt } from '../auth/caller.ts';
import { RequiresRole } from '../auth/requires-role.ts';
import { ACCEPTED_CYCLE, acceptedCycle, type AcceptedCycle } from '../cycles/accepted-cycle.ts';
import { API_BASE } from '../http/api-base.ts';
import { DescribedRoute } from '../openapi/described-route.ts';
import { configuredLink } from './configured-link.ts';
import { LINK_PATH, type LinkPath } from './link-path.ts';
import { scopeOf } from './scope-of.ts';
import { PLAN_REQUEST, RESYNC_REQUEST, VERIFY_REQUEST } from './work-request.ts';

const ACCEPTED = {
  status: 202,
  description:
    'The cycle that will do it; while one of its kind waits, that one, with what it is about widened',
  schema: ACCEPTED_CYCLE,
  headers: { Location: 'Where the cycle can be followed' },
} as const;

/** Has links do something. What is asked for is written down, and done by the workers. */
@ApiTags('links')
@Controller(`${API_BASE}/links/:link`)
@RequiresRole('operator')
export class LinkWorkController {
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

  @Post('resync')
  @HttpCode(202)
  @DescribedRoute({
    summary: 'Makes the secondaries of a link equal to its primary now',
    description:
      'Resets the retry counters of the repositories. A paused link waits until it is resumed. Deletions go through the gate as in any cycle.',
    answer: ACCEPTED,
    problems: ['NOT_FOUND'],
  })
  async resync(
    @Param({ schema: LINK_PATH }) { link }: LinkPath,
    @Body({ schema: RESYNC_REQUEST }) body: z.output<typeof RESYNC_REQUEST>,
    @CalledBy() caller: CallerAt,
    @Res({ passthrough: true }) response: Response,
  ): Promise<AcceptedCycle> {
    const work = { command: 'sync', mode: 'diff' } as const;
    return await this.#ask({ action: 'link.resync', caller, link, asked: body }, work, response);
  }

  @Post('plan')
  @HttpCode(202)
  @DescribedRoute({
    summary: 'Finds out what a resync of a link would do',
    description: 'Nothing is written to a registry.',
    answer: ACCEPTED,
    problems: ['NOT_FOUND'],
  })
  async plan(
    @Param({ schema: LINK_PATH }) { link }: LinkPath,
    @Body({ schema: PLAN_REQUEST }) body: z.output<typeof PLAN_REQUEST>,
    @CalledBy() caller: CallerAt,
    @Res({ passthrough: true }) response: Response,
  ): Promise<AcceptedCycle> {
    return await this.#ask({ action: 'link.plan', caller, link, asked: body }, { command: 'plan' }, response);
  }

  @Post('verify')
  @HttpCode(202)
  @DescribedRoute({
    summary: 'Finds out whether everything of a link can be pulled from its secondaries',
    description: 'Nothing is written to a registry.',
    answer: ACCEPTED,
    problems: ['NOT_FOUND'],
  })
  async verify(
    @Param({ schema: LINK_PATH }) { link }: LinkPath,
    @Body({ schema: VERIFY_REQUEST }) body: z.output<typeof VERIFY_REQUEST>,
    @CalledBy() caller: CallerAt,
    @Res({ passthrough: true }) response: Response,
  ): Promise<AcceptedCycle> {
    const work = { command: 'verify', depth: body.depth } as const;
    return await this.#ask({ action: 'link.verify', caller, link, asked: body }, work, response);
  }

  async #ask(asking: Asking, work: CycleWish['work'], response: Response): Promise<AcceptedCycle> {
    const { link, asked } = asking;
    const scope = scopeOf(configuredLink(this.#configuration, link), asked.repositories);
    const wish: CycleWish = { link, cause: 'operator', work, scope };
    const cycle = await this.#changes.record(
      asking,
      () => this.#requests.request(wish),
      ({ id }) => id,
    );
    response.location(`/${API_BASE}/cycles/${cycle.id}`);
    return acceptedCycle(cycle);
  }
}

/** A change that is a cycle of some repositories. */
interface Asking extends Change {
  readonly link: string;
  readonly asked: z.output<typeof PLAN_REQUEST>;
}
