import { describe, expect, it } from '@jest/globals';

import { configurationJsonSchema } from './json-schema.ts';

type Node = Readonly<Record<string, unknown>>;

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Every property in a schema, with its path. */
function propertiesOf(value: unknown, path: string): readonly (readonly [path: string, schema: unknown])[] {
  if (Array.isArray(value)) return value.flatMap((item) => propertiesOf(item, path));
  if (!isNode(value)) return [];
  const own = isNode(value.properties) ? Object.entries(value.properties) : [];
  const nested = Object.entries(value)
    .filter(([key]) => key !== 'properties')
    .flatMap(([, child]) => propertiesOf(child, path));
  return [
    ...own.flatMap(([key, schema]) => [
      [`${path}.${key}`, schema] as const,
      ...propertiesOf(schema, `${path}.${key}`),
    ]),
    ...nested,
  ];
}

function keyOf(schema: unknown, key: string): unknown {
  return isNode(schema) ? schema[key] : undefined;
}

describe('configurationJsonSchema', () => {
  const schema = configurationJsonSchema();

  it('names its dialect and itself', () => {
    expect(schema).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      title: 'geo-reconciler configuration',
      type: 'object',
      additionalProperties: false,
      required: ['registries', 'links'],
    });
  });

  it('describes every key', () => {
    const properties = propertiesOf(schema, '');
    expect(properties.length).toBeGreaterThan(50);
    expect(properties.filter(([, property]) => keyOf(property, 'description') === undefined)).toEqual([]);
  });

  it('shows defaults in the form in which they are written', () => {
    const defaults = propertiesOf(schema, '').map(([path, property]) => [path, keyOf(property, 'default')]);
    expect(Object.fromEntries(defaults)).toMatchObject({
      '.links.schedule': '*/5 * * * *',
      '.links.deletions.orphans': 'off',
      '.links.deletions.minAbsence': '10m',
      '.links.objective.lag': '15m',
      '.registries.limits.concurrency': 16,
      '.server.port': 8080,
    });
  });
});
