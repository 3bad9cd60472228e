import { raw, type Request, type RequestHandler, type Response } from 'express';
import { HookRefusal } from './hook-refusal.ts';

/**
 * Distribution sends one event per request, of about 1 KB; with `includereferences`, or from a relay that collects a burst, a
 * thousand events with a dozen references each fit in this.
 */
const LARGEST_BODY_BYTES = 4 * 1024 * 1024;

/** Plain JSON, for relays and for people with curl, besides what distribution 2 (v1) and 3 (v2) send. */
const MEDIA_TYPE = /^application\/(?:json|vnd\.docker\.distribution\.events\.v\d+\+json)[ \t]*(?:;|$)/i;

/** Compressed bodies are refused: a small one could be large. */
const READ_BYTES: RequestHandler = raw({ limit: LARGEST_BODY_BYTES, inflate: false, type: () => true });

/** Reads the body of a notification. @throws {HookRefusal} */
export async function readBody(request: Request, response: Response): Promise<string> {
  if (!MEDIA_TYPE.test(request.headers['content-type'] ?? ''))
    throw new HookRefusal(
      'UNSUPPORTED_MEDIA_TYPE',
      'send application/vnd.docker.distribution.events.v1+json or application/json',
    );
  await new Promise<void>((resolve, reject) => {
    READ_BYTES(request, response, (error?: unknown) => {
      if (error === undefined) resolve();
      else reject(refusalOf(error));
    });
  });
  const body: unknown = request.body;
  return Buffer.isBuffer(body) ? body.toString('utf8') : '';
}

function refusalOf(error: unknown): HookRefusal {
  const status = typeof error === 'object' && error !== null && 'status' in error ? error.status : undefined;
  if (status === 413)
    return new HookRefusal(
      'TOO_LARGE',
      `the body is larger than ${LARGEST_BODY_BYTES} bytes: send fewer events at once`,
    );
  if (status === 415)
    return new HookRefusal('UNSUPPORTED_MEDIA_TYPE', 'send the body as it is, and not compressed');
  return new HookRefusal('INVALID_REQUEST', 'the body did not arrive whole');
}
