import type { CallHandler, ExecutionContext, NestInterceptor, Type } from '@nestjs/common';
import { json, type Request, type RequestHandler, type Response } from 'express';
import type { Observable } from 'rxjs';
import { ApiError } from '../problem/api-error.ts';
import { refuseTooDeep } from './refuse-too-deep.ts';
import { takesOf } from './takes-of.ts';

const LARGEST_BODY_BYTES = 256 * 1024;

/** Compressed bodies are refused: a small one could be large. */
const READ_JSON: RequestHandler = json({
  limit: LARGEST_BODY_BYTES,
  inflate: false,
  strict: false,
  type: () => true,
});

/**
 * Reads the body of a request after its sender is known, and refuses what the route takes no notice of: a body or query parameters
 * that have no effect are a mistake of the caller.
 */
export class BodyReader implements NestInterceptor {
  readonly #selfAuthenticating: readonly Type[];

  constructor(selfAuthenticating: readonly Type[]) {
    this.#selfAuthenticating = selfAuthenticating;
  }

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    if (this.#selfAuthenticating.includes(context.getClass())) return next.handle();
    const http = context.switchToHttp();
    const request = http.getRequest<Request>();
    const takes = takesOf(context);
    if (!takes.query && Object.keys(request.query).length > 0)
      throw new ApiError('INVALID_REQUEST', 'this route takes no query parameters');
    if (!hasBody(request)) request.body = {};
    else if (takes.body) await readBody(request, http.getResponse<Response>());
    else throw new ApiError('INVALID_REQUEST', 'this route takes no body');
    return next.handle();
  }
}

async function readBody(request: Request, response: Response): Promise<void> {
  if (!/^application\/json[ \t]*(?:;|$)/i.test(request.headers['content-type'] ?? ''))
    throw new ApiError('UNSUPPORTED_MEDIA_TYPE', 'send the body as Content-Type: application/json');
  // Whoever says so beforehand is spared the sending; the parser would answer after the last byte only.
  if (Number(request.headers['content-length'] ?? 0) > LARGEST_BODY_BYTES)
    throw new ApiError('TOO_LARGE', 'the body is larger than 256 KB', { headers: { Connection: 'close' } });
  await new Promise<void>((resolve, reject) => {
    READ_JSON(request, response, (error?: unknown) => {
      if (error === undefined) resolve();
      else reject(error instanceof Error ? error : new Error('the body cannot be read'));
    });
  });
  refuseTooDeep(request.body);
}

/** RFC 9112 section 6.3. */
function hasBody({ headers }: Request): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}
