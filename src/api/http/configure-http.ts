import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NextFunction, Request, Response } from 'express';
import { ServiceLog } from '../../jobs/service-log.ts';
import { OpenApiDocument } from '../openapi/openapi-document.ts';
import { namedRequests } from './named-requests.ts';

/** How Nest is to make the application: bodies are read when their sender is known. */
export const HTTP_OPTIONS = { bodyParser: false, cors: false } as const;

/** What holds for every answer, before there is a route; and tells the description of the API what it describes. */
export function configureHttp(app: NestExpressApplication): void {
  app.get(OpenApiDocument).attach(app);
  app.set('trust proxy', false);
  app.set('etag', false);
  app.set('query parser', 'simple');
  app.disable('x-powered-by');
  app.use(namedRequests(app.get(ServiceLog)));
  app.use((_request: Request, response: Response, next: NextFunction) => {
    response.set({
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      'X-Frame-Options': 'DENY',
      'Referrer-Policy': 'no-referrer',
      'Cross-Origin-Resource-Policy': 'same-origin',
      'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
    });
    next();
  });
}
