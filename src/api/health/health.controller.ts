import { Controller, Get, HttpStatus, Inject, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { OpenToAll } from '../auth/open-to-all.ts';
import { DescribedRoute } from '../openapi/described-route.ts';
import { READINESS, ReadinessProbe, type Readiness } from './readiness-probe.ts';

/** The part of a response that is needed here. */
interface StatusSetter {
  status(code: number): unknown;
}

/** For orchestrators; open to everybody, so nothing is said here but yes and no. */
@ApiTags('health')
@Controller()
@OpenToAll()
export class HealthController {
  readonly #probe: ReadinessProbe;

  constructor(@Inject(ReadinessProbe) probe: ReadinessProbe) {
    this.#probe = probe;
  }

  /** The process lives and answers. */
  @Get('healthz')
  @DescribedRoute({
    summary: 'Says that the process lives',
    answer: { status: 200, description: 'It does', schema: z.object({ status: z.literal('ok') }) },
  })
  live(): { readonly status: 'ok' } {
    return { status: 'ok' };
  }

  /** Database, queue and configuration are fine. */
  @Get('readyz')
  @DescribedRoute({
    summary: 'Says whether database, queue and configuration are fine',
    description: 'The same answer with status 503 where one of them is not.',
    answer: { status: 200, description: 'They are', schema: READINESS },
  })
  async ready(@Res({ passthrough: true }) response: StatusSetter): Promise<Readiness> {
    const readiness = await this.#probe.look();
    if (readiness.status !== 'ready') response.status(HttpStatus.SERVICE_UNAVAILABLE);
    return readiness;
  }
}
