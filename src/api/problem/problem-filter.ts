import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Response } from 'express';
import { errorFields, type ServiceLog } from '../../jobs/service-log.ts';
import { REQUEST_ID_HEADER } from '../http/request-id.ts';
import type { ApiError } from './api-error.ts';
import { apiErrorOf } from './api-error-of.ts';
import { PROBLEM_STATUS, PROBLEM_TITLE } from './problem-code.ts';
import { safeJson } from './safe-json.ts';

/** Answers every error as RFC 9457 wants it, whoever threw it; a stack or a cause goes to the log and nowhere else. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  readonly #log: ServiceLog;

  constructor(log: ServiceLog) {
    this.#log = log;
  }

  catch(thrown: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<Response>();
    const error = apiErrorOf(thrown);
    if (error.code === 'INTERNAL') this.#log.error(errorFields(error.cause ?? error), 'a request failed');
    if (response.headersSent) {
      // Half an answer is on its way: the only way left to say that it is not whole.
      response.destroy();
      return;
    }
    response.status(PROBLEM_STATUS[error.code]).set(error.headers);
    const requestId = response.getHeader(REQUEST_ID_HEADER);
    response.type('application/problem+json').send(safeJson({ ...problemOf(error), requestId }));
  }
}

function problemOf({ code, message, errors }: ApiError): Readonly<Record<string, unknown>> {
  return {
    type: 'about:blank',
    title: PROBLEM_TITLE[code],
    status: PROBLEM_STATUS[code],
    code,
    detail: message,
    ...(errors.length === 0 ? {} : { errors }),
  };
}
