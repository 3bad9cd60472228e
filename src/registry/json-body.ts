import type { z } from 'zod';
import { essenceOf } from '../oci/media-type.ts';
import { plainText } from './error-body.ts';
import type { Answer } from './transport/http-sender.ts';

/** What a body turned out to be; `message` says what is wrong with it. */
export type JsonReading<T> =
  { readonly kind: 'read'; readonly value: T } | { readonly kind: 'malformed'; readonly message: string };

/**
 * Reads a JSON answer by its schema, from bytes. A login page with status 200, half a document or a document of another shape
 * is malformed and never an empty answer.
 */
export function readJson<T>(answer: Answer, schema: z.ZodType<T>): JsonReading<T> {
  const type = essenceOf(answer.headers.get('content-type'));
  if (type !== undefined && !type.endsWith('json')) {
    return { kind: 'malformed', message: `the answer is ${plainText(type)}, not JSON` };
  }
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(answer.body));
  } catch {
    return { kind: 'malformed', message: 'the answer is not a complete JSON document' };
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return { kind: 'read', value: parsed.data };
  const issue = parsed.error.issues[0];
  const path = issue?.path.join('.') ?? '';
  return {
    kind: 'malformed',
    message: `the answer does not have the expected form at ${path === '' ? 'its root' : path}: ${issue?.message ?? ''}`,
  };
}
