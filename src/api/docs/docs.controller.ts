import { extname } from 'node:path';
import { Controller, Get, Header, Inject, Param, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { z } from 'zod';
import { LiveConfiguration } from '../../config/live-configuration.ts';
import { RequiresRoleInBrowser } from '../auth/requires-role-in-browser.ts';
import { DescribedRoute } from '../openapi/described-route.ts';
import { DOCS_CONTENT_SECURITY_POLICY, DOCS_FILES, docsFile, docsPage } from './docs-page.ts';

const FILE_PATH = z.strictObject({ file: z.enum(DOCS_FILES).describe('A file of the page') });

const HTML = {
  status: 200,
  description: 'A page for a browser',
  mediaTypes: ['text/html'],
} as const;

/** Describes all routes to people. */
@ApiTags('description')
@Controller('docs')
@RequiresRoleInBrowser('viewer')
export class DocsController {
  readonly #configuration: LiveConfiguration;

  constructor(@Inject(LiveConfiguration) configuration: LiveConfiguration) {
    this.#configuration = configuration;
  }

  @Get()
  @Header('Content-Type', 'text/html; charset=utf-8')
  @Header('Content-Security-Policy', DOCS_CONTENT_SECURITY_POLICY)
  @DescribedRoute({
    summary:
      'Shows this description in a browser, which asks for a name, that is ignored, and a token as password',
    answer: HTML,
  })
  page(): string {
    // Without a token, requests of pages are refused, and a browser marks those that change something.
    return docsPage(this.#configuration.current.server.tokens.length === 0 ? 'reading' : 'all');
  }

  @Get(':file')
  @DescribedRoute({
    summary: 'Gives a file of the page',
    answer: {
      status: 200,
      description: 'The file',
      mediaTypes: ['text/css', 'text/javascript', 'image/png'],
    },
  })
  async file(
    @Param({ schema: FILE_PATH }) { file }: z.output<typeof FILE_PATH>,
    @Res() response: Response,
  ): Promise<void> {
    response.type(extname(file)).send(await docsFile(file));
  }
}
