import { Body, Controller, HttpCode, Inject, Param, Post, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { z } from 'zod';
import { LiveConfiguration } from '../../config/live-configuration.ts';
import { CycleRequests, DIFF } from '../../jobs/cycle-requests.ts';
import type { HeldPlanRecord } from '../../state/deletion-desk.ts';
import { HeldPlanStore, type DecidedPlan, type PlanVerdict } from '../../state/held-plan.store.ts';
import type { LinkCycleRecord } from '../../state/link-cycle.ts';
import { ChangeLog } from '../audit/change-log.ts';
import { CalledBy, type CallerAt } from '../auth/caller.ts';
import { RequiresRole } from '../auth/requires-role.ts';
import { ACCEPTED_CYCLE, acceptedCycle } from '../cycles/accepted-cycle.ts';
import { API_BASE } from '../http/api-base.ts';
import { DescribedRoute } from '../openapi/described-route.ts';
import { ApiError } from '../problem/api-error.ts';
import { PLAN_PATH, REASON, type PlanPath } from './deletion-path.ts';
import { HELD_PLAN, heldPlanResponse, ITEMS_IN_LIST, type HeldPlanResponse } from './deletion-response.ts';

const DECISION = z.strictObject({ reason: REASON });

const APPROVED = z.object({
  plan: HELD_PLAN,
  cycle: ACCEPTED_CYCLE.describe('The cycle that looks at the repository anew, and deletes'),
});
type Approved = z.infer<typeof APPROVED>;

/** Lets held plans go, or keeps them back for good. */
@ApiTags('deletions')
@Controller(`${API_BASE}/deletions/:planHash`)
@RequiresRole('approver')
export class PlanDecisionController {
  readonly #configuration: LiveConfiguration;
  readonly #plans: HeldPlanStore;
  readonly #requests: CycleRequests;
  readonly #changes: ChangeLog;

  constructor(
    @Inject(LiveConfiguration) configuration: LiveConfiguration,
    @Inject(HeldPlanStore) plans: HeldPlanStore,
    @Inject(CycleRequests) requests: CycleRequests,
    @Inject(ChangeLog) changes: ChangeLog,
  ) {
    this.#configuration = configuration;
    this.#plans = plans;
    this.#requests = requests;
    this.#changes = changes;
  }

  @Post('approve')
  @HttpCode(202)
  @DescribedRoute({
    summary: 'Lets a cycle delete what a held plan names',
    description:
      'The approval lives for an hour. A cycle of the repository is asked for at once; it judges everything anew, and the approval counts only if the plan that it comes to has the same hash. It overrides FIRST_CYCLE, CONFIG_CHANGED, TOO_FEW_OBSERVATIONS, FOREIGN_TAG, OVER_BUDGET and PRIMARY_EMPTY, and nothing else. A rejection can be taken back in this way.',
    answer: {
      status: 202,
      description: 'The plan, with its first hundred tags, and the cycle',
      schema: APPROVED,
      headers: { Location: 'Where the cycle can be followed' },
    },
    problems: ['NOT_FOUND', 'CONFLICT'],
  })
  async approve(
    @Param({ schema: PLAN_PATH }) { planHash: hash }: PlanPath,
    @Body({ schema: DECISION }) { reason }: z.output<typeof DECISION>,
    @CalledBy() caller: CallerAt,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Approved> {
    const { link } = await this.#known(hash);
    const asked = { plan: hash, ...(reason === undefined ? {} : { reason }) };
    const { plan, cycle } = await this.#changes.record(
      { action: 'deletions.approve', caller, link, asked },
      async () => {
        const approved = await this.#decide({
          hash,
          verdict: 'approved',
          by: caller.name,
          reason: reason ?? null,
        });
        return { plan: approved, cycle: await this.#resync(approved) };
      },
      (answer) => answer.cycle.id,
    );
    response.location(`/${API_BASE}/cycles/${cycle.id}`);
    return { plan: heldPlanResponse(plan, ITEMS_IN_LIST), cycle: acceptedCycle(cycle) };
  }

  @Post('reject')
  @HttpCode(200)
  @DescribedRoute({
    summary: 'Keeps back what a held plan names, as long as it names the same',
    description:
      'The tags stay held, and say who rejected their deletion. What the plan would delete by more or fewer tags is another plan. An approval that no cycle has used yet can be taken back in this way.',
    answer: { status: 200, description: 'The plan, with its first hundred tags', schema: HELD_PLAN },
    problems: ['NOT_FOUND', 'CONFLICT'],
  })
  async reject(
    @Param({ schema: PLAN_PATH }) { planHash: hash }: PlanPath,
    @Body({ schema: DECISION }) { reason }: z.output<typeof DECISION>,
    @CalledBy() caller: CallerAt,
  ): Promise<HeldPlanResponse> {
    const { link } = await this.#known(hash);
    const asked = { plan: hash, ...(reason === undefined ? {} : { reason }) };
    const plan = await this.#changes.record({ action: 'deletions.reject', caller, link, asked }, () =>
      this.#decide({ hash, verdict: 'rejected', by: caller.name, reason: reason ?? null }),
    );
    return heldPlanResponse(plan, ITEMS_IN_LIST);
  }

  async #known(hash: string): Promise<HeldPlanRecord> {
    const plan = await this.#plans.load(hash);
    if (plan === undefined) throw new ApiError('NOT_FOUND', NO_SUCH_PLAN);
    return plan;
  }

  async #decide(verdict: PlanVerdict): Promise<HeldPlanRecord> {
    const { link } = await this.#known(verdict.hash);
    if (this.#configuration.link(link) === undefined)
      throw new ApiError('CONFLICT', `the link ${link} is not configured any more, so nothing is deleted`);
    return decided(await this.#plans.decide(verdict));
  }

  async #resync({ link, primaryRepository }: HeldPlanRecord): Promise<LinkCycleRecord> {
    const scope = { kind: 'some', due: 'only-named', patterns: [primaryRepository], tags: [] } as const;
    return await this.#requests.request({ link, cause: 'operator', work: DIFF, scope });
  }
}

const NO_SUCH_PLAN = 'there is no plan of this hash: GET /api/v1/deletions?state=held lists those that wait';

function decided(answer: DecidedPlan): HeldPlanRecord {
  switch (answer.kind) {
    case 'decided':
      return answer.plan;
    case 'unknown':
      throw new ApiError('NOT_FOUND', NO_SUCH_PLAN);
    case 'over':
      throw new ApiError('CONFLICT', whyOver(answer.plan));
  }
}

/** Why a plan that has ended takes no decision. */
function whyOver({ state, detail, endedAt, decision }: HeldPlanRecord): string {
  const at = endedAt?.toISOString();
  const ending = ENDINGS.get(state);
  if (ending === undefined) return 'somebody else is deciding about this plan: look at it, and try again';
  const by = state === 'expired' && decision !== null ? ` (it was of ${decision.by})` : '';
  return `${ending} at ${at}${by}: ${detail}`;
}

const ENDINGS: ReadonlyMap<HeldPlanRecord['state'], string> = new Map([
  ['expired', 'the approval of this plan ran out'],
  ['superseded', 'this plan was superseded'],
  ['executed', 'this plan was carried out'],
  ['withdrawn', 'this plan was withdrawn'],
]);
