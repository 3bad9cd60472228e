import { Controller, Get, Inject, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { MetricsPage } from '../../jobs/metrics-page.ts';
import { OpenOnLoopback } from '../auth/open-on-loopback.ts';
import { DescribedRoute } from '../openapi/described-route.ts';

/** A scraper that takes nothing for this long is gone, whatever its connection says; Prometheus itself gives up after ten seconds. */
const SILENCE_MILLISECONDS = 30_000;

/** For Prometheus. */
@ApiTags('metrics')
@Controller()
export class MetricsController {
  readonly #page: MetricsPage;

  constructor(@Inject(MetricsPage) page: MetricsPage) {
    this.#page = page;
  }

  @Get('metrics')
  @OpenOnLoopback('viewer')
  @DescribedRoute({
    summary: 'The numbers of this process, and those that all replicas share, for Prometheus',
    description: 'Open to programs on this machine; others need a token.',
    answer: { status: 200, description: 'The numbers', mediaTypes: ['text/plain'] },
  })
  async metrics(@Res() response: Response): Promise<void> {
    response.setTimeout(SILENCE_MILLISECONDS, () => response.destroy());
    response.type(this.#page.contentType).send(await this.#page.text());
  }
}
