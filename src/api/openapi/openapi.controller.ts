import { Controller, Get, Inject } from '@nestjs/common';
import { ApiTags, type OpenAPIObject } from '@nestjs/swagger';
import { z } from 'zod';
import { RequiresRoleInBrowser } from '../auth/requires-role-in-browser.ts';
import { DescribedRoute } from './described-route.ts';
import { OpenApiDocument } from './openapi-document.ts';

/** Describes all routes to programs. */
@ApiTags('description')
@Controller()
@RequiresRoleInBrowser('viewer')
export class OpenApiController {
  readonly #document: OpenApiDocument;

  constructor(@Inject(OpenApiDocument) document: OpenApiDocument) {
    this.#document = document;
  }

  @Get('openapi.json')
  @DescribedRoute({
    summary: 'Describes this API as OpenAPI 3.1',
    answer: {
      status: 200,
      description: 'An OpenAPI document',
      schema: z.looseObject({ openapi: z.string() }),
    },
  })
  describe(): OpenAPIObject {
    return this.#document.get();
  }
}
