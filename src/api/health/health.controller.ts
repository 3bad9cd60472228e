import { Controller, Get, HttpStatus, Inject, Res } from '@nestjs/common';
import { OpenToAll } from '../auth/open-to-all.ts';
import { ReadinessProbe, type Readiness } from './readiness-probe.ts';

/** The part of a response that is needed here. */
interface StatusSetter {
  status(code: number): unknown;
}

/** For orchestrators; open to everybody, so nothing is said here but yes and no. */
@Controller()
@OpenToAll()
export class HealthController {
  readonly #probe: ReadinessProbe;

  constructor(@Inject(ReadinessProbe) probe: ReadinessProbe) {
    this.#probe = probe;
  }

  /** The process lives and answers. */
  @Get('healthz')
  live(): { readonly status: 'ok' } {
    return { status: 'ok' };
  }

  /** Database, queue and configuration are fine. */
  @Get('readyz')
  async ready(@Res({ passthrough: true }) response: StatusSetter): Promise<Readiness> {
    const readiness = await this.#probe.look();
    if (readiness.status !== 'ready') response.status(HttpStatus.SERVICE_UNAVAILABLE);
    return readiness;
  }
}
