import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Validator } from '@seriousme/openapi-schema-validator';
import { startPostgres, type PostgresHarness } from '../../databases/postgres-harness.ts';
import { routesOf, type Route } from './routes-of.ts';
import { RunningApi, TOKENS } from './running-api.ts';

interface Answer {
  readonly description?: string;
  readonly content?: Readonly<Record<string, { readonly schema?: unknown }>>;
}

interface Operation {
  readonly summary?: string;
  readonly operationId?: string;
  readonly 'x-required-role'?: string;
  readonly security?: unknown;
  readonly tags?: readonly string[];
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly schema?: unknown }[];
  readonly requestBody?: {
    readonly required: boolean;
    readonly content: Readonly<
      Record<string, { readonly schema?: { readonly additionalProperties?: unknown } }>
    >;
  };
  readonly responses: Readonly<Record<string, Answer>>;
}

interface Description {
  readonly openapi: string;
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, { readonly required?: readonly string[] }>>;
    readonly securitySchemes: Readonly<Record<string, unknown>>;
  };
}

let postgres: PostgresHarness;
let api: RunningApi;
let document: Description;
let routes: readonly Route[];

beforeAll(async () => {
  postgres = await startPostgres();
  api = await RunningApi.start(await postgres.freshDatabase(), 'tokens');
  const { json } = await api.send({ path: '/openapi.json', token: TOKENS.viewer });
  document = json as unknown as Description;
  // The one that answers whatever nobody else does is no route, and hooks are told to registries, not to clients.
  routes = routesOf(api.app).filter(({ method, access }) => method !== 'ALL' && access?.kind !== 'its-own');
}, 120_000);

afterAll(async () => {
  await api.stop();
  await postgres.stop();
}, 60_000);

function operationOf({ template, method }: Route): Operation {
  return document.paths[template]![method.toLowerCase()]!;
}

/** Every schema of a document, wherever it stands. */
function schemasIn(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = 'schema' in value ? [value.schema] : [];
  return [...own, ...Object.values(value).flatMap(schemasIn)];
}

describe('the description of the API', () => {
  it('is OpenAPI 3.1, by its own schema', async () => {
    const { valid, errors } = await new Validator().validate({ ...document });
    expect(errors ?? []).toEqual([]);
    expect(valid).toBe(true);
    expect(document.openapi).toBe('3.1.0');
  });

  it('has every route, and no other', () => {
    const described = Object.entries(document.paths).flatMap(([template, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${template}`),
    );
    expect(described.toSorted()).toEqual(
      routes.map(({ method, template }) => `${method} ${template}`).toSorted(),
    );
  });

  it('says of every route what it does, under a name of its own', () => {
    const operations = routes.map(operationOf);
    expect(
      operations.filter(({ summary }) => summary === undefined || !/^[A-Z].*[^.]$/.test(summary)),
    ).toEqual([]);
    expect(operations.filter(({ tags }) => tags?.length !== 1)).toEqual([]);
    const described = document.tags.map(({ name }) => name);
    expect(operations.flatMap(({ tags = [] }) => tags).filter((tag) => !described.includes(tag))).toEqual([]);
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(routes.length);
  });

  it('says of every route who may use it, and that is what the guard says', () => {
    const wrong = routes.filter((route) => {
      const operation = operationOf(route);
      const { access } = route;
      const role =
        access?.kind === 'role'
          ? access.role
          : access?.kind === 'open-on-loopback'
            ? access.otherwise
            : undefined;
      const security = role === undefined ? [] : [{ token: [] }];
      return (
        operation['x-required-role'] !== role ||
        JSON.stringify(operation.security) !== JSON.stringify(security)
      );
    });
    expect(wrong).toEqual([]);
    expect(document.components.securitySchemes.token).toMatchObject({ type: 'http', scheme: 'bearer' });
  });

  it('says of every route what a success looks like', () => {
    const bare = routes.filter((route) => {
      const successes = Object.entries(operationOf(route).responses).filter(([status]) =>
        status.startsWith('2'),
      );
      const contents = successes.flatMap(([, { content }]) => Object.values(content ?? {}));
      return (
        successes.length !== 1 || contents.length === 0 || contents.some(({ schema }) => schema === undefined)
      );
    });
    expect(bare.map(({ handler }) => handler)).toEqual([]);
  });

  it('says of every route which problems it answers', () => {
    const incomplete = routes.filter((route) => {
      const { responses, requestBody } = operationOf(route);
      const expected = [
        ...['400', '500', '503'],
        ...(route.access?.kind === 'open' ? [] : ['401', '403', '429']),
        ...(requestBody === undefined ? [] : ['413', '415']),
      ];
      return expected.some(
        (status) => responses[status]?.content?.['application/problem+json'] === undefined,
      );
    });
    expect(incomplete.map(({ handler }) => handler)).toEqual([]);
    expect(document.components.schemas.Problem?.required).toEqual([
      'type',
      'title',
      'status',
      'code',
      'detail',
    ]);
  });

  it('has a schema for every parameter of a path, and for every body, which is strict', () => {
    for (const route of routes) {
      const { parameters, requestBody } = operationOf(route);
      const inPath = parameters.filter((parameter) => parameter.in === 'path');
      expect(inPath.map(({ name }) => `{${name}}`).toSorted()).toEqual(
        (route.template.match(/\{\w+\}/g) ?? []).toSorted(),
      );
      expect(parameters.filter(({ schema }) => schema === undefined)).toEqual([]);
      const schema = requestBody?.content['application/json']?.schema ?? { additionalProperties: false };
      expect([route.handler, schema.additionalProperties]).toEqual([route.handler, false]);
    }
  });

  it('has no reference that leads nowhere', () => {
    const references = schemasIn(document)
      .flatMap((schema) => JSON.stringify(schema).match(/"\$ref":"[^"]*"/g) ?? [])
      .map((text) => text.slice('"$ref":"'.length, -1));
    const known = Object.keys(document.components.schemas).map((name) => `#/components/schemas/${name}`);
    expect(references.length).toBeGreaterThan(0);
    expect(references.filter((reference) => !known.includes(reference))).toEqual([]);
  });
});
