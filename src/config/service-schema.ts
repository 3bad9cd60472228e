import { z } from 'zod';

import { NameField, SecretField } from './field-schemas.ts';

export const DatabaseFields = z
  .strictObject({
    url: SecretField.optional().describe('URL of a PostgreSQL database: { env: NAME } or { file: PATH }'),
    directory: z
      .string()
      .min(1)
      .optional()
      .describe('Directory of the embedded database, relative to the working directory; default data'),
  })
  .refine(({ url, directory }) => url === undefined || directory === undefined, {
    error: 'write url or directory, not both: a database is either yours or embedded',
  });
export type DatabaseFields = z.output<typeof DatabaseFields>;

const TokenFields = z.strictObject({
  name: NameField.describe('Who uses the token, for the log'),
  role: z.enum(['viewer', 'operator', 'approver']).describe('What it may do: viewer < operator < approver'),
  token: SecretField.describe('The token: { env: NAME } or { file: PATH }'),
});

export const ServerFields = z.strictObject({
  host: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe('Address to listen on; one that is not loopback needs a token; default 127.0.0.1'),
  port: z
    .int()
    .min(0)
    .max(65_535)
    .default(8080)
    .describe('Port to listen on, 0 for any free one; default 8080'),
  tokens: z.array(TokenFields).default([]).describe('Who may use the API; default nobody but this machine'),
});
export type ServerFields = z.output<typeof ServerFields>;

const IncomingFields = z.strictObject({
  path: z
    .string()
    .regex(/^\/hooks(?:\/[A-Za-z0-9_.-]+)+$/, { error: 'write a path below /hooks/, like /hooks/eu' })
    .describe('Where the notifications arrive, below /hooks/'),
  kind: z.enum(['distribution']).describe('The form of the notifications'),
  registry: z.string().describe('Name of the registry that sends them'),
  secret: SecretField.describe(
    'What the registry sends as its bearer token: { env: NAME } or { file: PATH }',
  ),
});

const OutgoingFields = z.strictObject({
  name: NameField.describe('Name in metrics and the log'),
  url: SecretField.describe(
    'Where to send to, secret because such addresses hold tokens: { env: NAME } or { file: PATH }',
  ),
  secret: SecretField.optional().describe('Key of the signature; default not signed'),
  events: z
    .array(z.enum(['failed', 'recovered', 'held', 'lag']))
    .min(1, { error: 'names no event' })
    .default(['failed', 'recovered', 'held', 'lag'])
    .describe(
      'What to tell of a secondary of a link: it failed, something waits for an operator, its lag is over the objective, any of these is over; default all',
    ),
  allowPrivateAddresses: z
    .boolean()
    .default(false)
    .describe(
      'Whether the receiver may be in a private network or on this machine, and be reached there by plain http; default false',
    ),
});

export const NotificationFields = z.strictObject({
  incoming: z
    .array(IncomingFields)
    .default([])
    .describe('Notifications from registries: hints that something changed'),
  outgoing: z.array(OutgoingFields).default([]).describe('Messages to others'),
});
export type NotificationFields = z.output<typeof NotificationFields>;

export const LogFields = z.strictObject({
  level: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .default('info')
    .describe('The least severe messages to log; default info'),
});
