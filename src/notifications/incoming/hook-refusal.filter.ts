import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Response } from 'express';
import { HookRefusal } from './hook-refusal.ts';

/** Answers refusals as RFC 9457 wants it. */
@Catch(HookRefusal)
export class HookRefusalFilter implements ExceptionFilter {
  catch(refusal: HookRefusal, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<Response>();
    if (refusal.code === 'UNAUTHENTICATED') response.set('WWW-Authenticate', 'Bearer');
    response.status(refusal.status).type('application/problem+json').send(JSON.stringify(refusal.problem));
  }
}
