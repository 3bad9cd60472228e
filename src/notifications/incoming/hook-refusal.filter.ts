import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Response } from 'express';
import { HookRefusal } from './hook-refusal.ts';

/** Answers refusals as RFC 9457 wants it. */
@Catch(HookRefusal)
export class HookRefusalFilter implements ExceptionFilter {
  catch(refusal: HookRefusal, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<Response>();
    response.set(refusal.headers);
    response.status(refusal.status).type('application/problem+json').send(JSON.stringify(refusal.problem));
  }
}
