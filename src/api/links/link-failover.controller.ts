import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { LiveConfiguration } from '../../config/live-configuration.ts';
import { LinkStateStore } from '../../state/link-state.store.ts';
import { RiskViewStore } from '../../state/views/risk-view.store.ts';
import { RequiresRole } from '../auth/requires-role.ts';
import { API_BASE } from '../http/api-base.ts';
import { DescribedRoute } from '../openapi/described-route.ts';
import { PAGE_QUERY } from '../pages/page-query.ts';
import { configuredLink, namedLink } from './configured-link.ts';
import { FAILOVER_REPORT, failoverReport, type FailoverReport } from './failover-report.ts';
import { LINK_PATH, type LinkPath } from './link-path.ts';

const REPORT_QUERY = PAGE_QUERY.pick({ limit: true });

/** What the loss of a primary would cost. */
@ApiTags('links')
@Controller(`${API_BASE}/links/:link`)
@RequiresRole('viewer')
export class LinkFailoverController {
  readonly #configuration: LiveConfiguration;
  readonly #links: LinkStateStore;
  readonly #risks: RiskViewStore;

  constructor(
    @Inject(LiveConfiguration) configuration: LiveConfiguration,
    @Inject(LinkStateStore) links: LinkStateStore,
    @Inject(RiskViewStore) risks: RiskViewStore,
  ) {
    this.#configuration = configuration;
    this.#links = links;
    this.#risks = risks;
  }

  @Get('failover-report')
  @DescribedRoute({
    summary: 'Says what would be missing if the primary died now',
    description:
      'From what was last seen; nothing is asked of a registry. A secondary is safe only if all of the primary was listed and read within the objective of the link, and every tag was found in sync.',
    answer: { status: 200, description: 'The report', schema: FAILOVER_REPORT },
    problems: ['NOT_FOUND'],
  })
  async report(
    @Param({ schema: LINK_PATH }) { link: name }: LinkPath,
    @Query({ schema: REPORT_QUERY }) { limit }: z.output<typeof REPORT_QUERY>,
  ): Promise<FailoverReport> {
    const link = configuredLink(this.#configuration, name);
    const state = await this.#links.load(name);
    const risks = await this.#risks.load(namedLink(link), {
      outdatedAfterSeconds: link.objectiveLagSeconds,
      limit,
    });
    return failoverReport({
      link: name,
      primary: link.primary.name,
      objectiveLagSeconds: link.objectiveLagSeconds,
      pausedAt: state?.pausedAt ?? null,
      risks,
    });
  }
}
