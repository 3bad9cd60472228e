import { createHmac } from 'node:crypto';
import type { Secret } from '../../config/secret.ts';

/**
 * Proves to a receiver who sends a message, and when: `v1=` and the HMAC-SHA256 of `<timestamp>.<body>` in hexadecimal.
 *
 * @param timestamp seconds since 1970, as in the header beside it.
 */
export function signatureOf(key: Secret, timestamp: string, body: string): string {
  return `v1=${createHmac('sha256', key.reveal()).update(`${timestamp}.${body}`, 'utf8').digest('hex')}`;
}
