import { z } from 'zod';

import { ByteSizeField, complain, SecretField, withoutKeys } from './field-schemas.ts';
import { parseRegistryUrl } from './registry-url.ts';

/** Enough to fill a link, few enough that a registry of a small team stays quick. */
export const DEFAULT_CONCURRENCY = 16;

const RegistryUrlField = z.string().transform((text, sink) => {
  const parsed = parseRegistryUrl(text);
  return parsed.kind === 'url' ? parsed.url : complain(sink, parsed.complaint);
});

const CREDENTIALS_HINT = 'write docker, or { username: NAME, password: { env: NAME } }';

const BasicCredentials = z.strictObject(
  {
    username: z
      .string()
      .min(1)
      // RFC 7617 section 2: the first colon ends the name.
      .regex(/^[^:\p{Cc}]*$/u, { error: 'a user name cannot contain a colon or a control character' })
      .describe('User name'),
    password: SecretField.describe('Password or token: { env: NAME } or { file: PATH }'),
  },
  { error: withoutKeys(CREDENTIALS_HINT) },
);

const TlsFields = z.strictObject({
  ca: z
    .string()
    .min(1)
    .optional()
    .describe('PEM file of the certification authorities to trust; default those of Node'),
  cert: z.string().min(1).optional().describe('PEM file of the client certificate; needs key'),
  key: z.string().min(1).optional().describe('PEM file of the key of the client certificate; needs cert'),
});

const LimitFields = z.strictObject({
  // Above this, sockets and memory cost more than they bring, and registries throttle.
  concurrency: z
    .int()
    .min(1)
    .max(256)
    .default(DEFAULT_CONCURRENCY)
    .describe('Requests under way at once, 1 to 256; default 16'),
  requestsPerSecond: z
    .number()
    .positive()
    .optional()
    .describe('Requests started per second; default no limit'),
  bytesPerSecond: ByteSizeField.optional().describe(
    'Bytes of blobs per second, like 100MiB; default no limit',
  ),
});

/** One entry of `registries`. */
export const RegistryFields = z.strictObject({
  url: RegistryUrlField.describe('Scheme, host and port, like https://registry.example.com'),
  credentials: z
    .union([z.literal(['anonymous', 'docker']), BasicCredentials], {
      error: CREDENTIALS_HINT,
    })
    .prefault('anonymous')
    .describe('anonymous (default), docker (docker login and credential helpers), or { username, password }'),
  tls: TlsFields.prefault({}).describe('Certificates; paths are relative to the configuration file'),
  allowPlainHttp: z
    .boolean()
    .default(false)
    .describe('Whether credentials may go over plain http to a host that is not this machine; default false'),
  limits: LimitFields.prefault({}).describe('What this registry is asked at most'),
});
export type RegistryFields = z.output<typeof RegistryFields>;
