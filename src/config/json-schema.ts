import { z } from 'zod';

import { ConfigurationFields } from './configuration-schema.ts';

/** The JSON Schema (draft 2020-12) of the configuration file, for editors. */
export function configurationJsonSchema(): Readonly<Record<string, unknown>> {
  const { $schema, ...schema } = z.toJSONSchema(ConfigurationFields, { io: 'input' });
  return {
    $schema,
    title: 'geo-reconciler configuration',
    description: 'What geo-reconciler replicates, from where to where, and how carefully.',
    ...schema,
  };
}
