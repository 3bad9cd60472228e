import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { z } from 'zod';
import { describeAccess } from './describe-access.ts';
import { jsonSchemaOf } from './json-schema-of.ts';
import { PROBLEM } from './problem-schema.ts';

/** The groups of routes, in the order in which a reader wants them. */
const TAGS: readonly (readonly [name: string, description: string])[] = [
  ['links', 'What is replicated where, how it stands, and what is to be done about it'],
  ['repositories', 'Where every repository and tag of a link stands'],
  ['cycles', 'What was done, is under way, or waits'],
  ['deletions', 'What is held back, and what was let go'],
  ['registries', 'How the registries are, and what is known of them'],
  ['metrics', 'For Prometheus'],
  ['health', 'For whoever starts and stops the service'],
  ['description', 'This description'],
];

/** The description of the API, made of the code. */
export class OpenApiDocument {
  readonly #version: string;
  #app: INestApplication | undefined;
  #document: OpenAPIObject | undefined;

  constructor(version: string) {
    this.#version = version;
  }

  /** Names the application whose routes are described, which nobody knows before it is made. */
  attach(app: INestApplication): void {
    this.#app = app;
  }

  /** The document; made once, when it is first asked for. */
  get(): OpenAPIObject {
    if (this.#app === undefined) throw new Error('no application was attached');
    return (this.#document ??= documentOf(this.#app, this.#version));
  }
}

function documentOf(app: INestApplication, version: string): OpenAPIObject {
  const settings = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('geo-reconciler')
    .setDescription(
      'Keeps the repositories of secondary OCI registries equal to those of a primary. Errors are RFC 9457 problem documents: branch on `code`. Lists take `limit` and `cursor`. A repository in a path is percent-encoded: `team%2Fapp`.',
    )
    .setVersion(version)
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addServer('/')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'A token of server.tokens' }, 'token')
    .build();
  const document = SwaggerModule.createDocument(app, settings, {
    operationIdFactory: (controller, method) => `${controller.replace(/Controller$/, '')}.${method}`,
    standardSchemaConverter: (schema, { schemaType }) =>
      schema instanceof z.ZodType ? { schema: jsonSchemaOf(schema, schemaType) } : undefined,
  });
  const schemas = { ...document.components?.schemas, Problem: jsonSchemaOf(PROBLEM, 'output') };
  const components = { ...document.components, schemas };
  return describeAccess({ ...document, tags: tagsOf(document), components });
}

/** A group without a route would be shown all the same. */
function tagsOf({ paths }: OpenAPIObject): NonNullable<OpenAPIObject['tags']> {
  const used = new Set(
    Object.values(paths).flatMap(({ get, post }) => [...(get?.tags ?? []), ...(post?.tags ?? [])]),
  );
  return TAGS.filter(([name]) => used.has(name)).map(([name, description]) => ({ name, description }));
}
