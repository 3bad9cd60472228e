import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHook } from '../../config/configuration.ts';
import { HookRefusal } from './hook-refusal.ts';

/** RFC 6750 section 2.1; the scheme's case does not matter (RFC 9110 section 11.1). */
const BEARER = /^Bearer +(?<token>[\x21-\x7e]+) *$/i;

/**
 * The hook of a path, if the sender knows its secret. The comparison takes the same time whatever was sent.
 *
 * @throws {HookRefusal} `NOT_FOUND`, `UNAUTHENTICATED`.
 */
export function knownHook(
  hooks: readonly IncomingHook[],
  path: string,
  authorization: string | undefined,
): IncomingHook {
  const hook = hooks.find((each) => each.path === path);
  if (hook === undefined) throw new HookRefusal('NOT_FOUND', 'no hook is configured at this path');
  const presented = BEARER.exec(authorization ?? '')?.groups?.token ?? '';
  if (!timingSafeEqual(hashOf(hook.secret.reveal()), hashOf(presented)))
    throw new HookRefusal('UNAUTHENTICATED', 'send the secret of the hook as Authorization: Bearer SECRET', {
      'WWW-Authenticate': 'Bearer',
    });
  return hook;
}

/** Of one length whatever the secret is, so that a comparison tells nothing of its length. */
function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
