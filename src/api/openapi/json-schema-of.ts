import { z } from 'zod';

type JsonSchema = z.core.JSONSchema.BaseSchema;

/** OpenAPI 3.1 takes JSON Schema as it is. */
export function jsonSchemaOf(schema: z.ZodType, io: 'input' | 'output'): Record<string, unknown> {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override: ({ jsonSchema }) => tidy(jsonSchema, io),
  });
  return rest;
}

function tidy(schema: JsonSchema, io: 'input' | 'output'): void {
  // Requests are strict; answers may have more in the next release, and clients have to expect that.
  if (io === 'output' && schema.additionalProperties === false) delete schema.additionalProperties;
  // Zod says in four lines of pattern what the format says in a word.
  if (schema.format === 'date-time') delete schema.pattern;
  // A number in a query is text to its parser, and a number to everybody else.
  if (schema.type === 'integer') delete schema.pattern;
}
