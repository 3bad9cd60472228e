import { z } from 'zod';

import { NameField } from './field-schemas.ts';
import { LinkFields } from './link-schema.ts';
import { RegistryFields } from './registry-schema.ts';
import { DatabaseFields, LogFields, NotificationFields, ServerFields } from './service-schema.ts';

/** The configuration file; what its parts mean to each other is checked by `load-configuration.ts`. */
export const ConfigurationFields = z.strictObject({
  registries: z.record(NameField, RegistryFields).describe('The registries, by name'),
  links: z
    .array(LinkFields)
    .min(1, { error: 'names no link' })
    .describe('What is replicated from where to where'),
  database: DatabaseFields.prefault({}).describe(
    'Where state is kept; default an embedded database below ./data',
  ),
  server: ServerFields.prefault({}).describe('The API'),
  notifications: NotificationFields.prefault({}).describe('Incoming and outgoing webhooks'),
  log: LogFields.prefault({}).describe('The log, on stderr'),
});
