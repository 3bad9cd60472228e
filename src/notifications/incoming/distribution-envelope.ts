import { z } from 'zod';
import { USER_AGENT } from '../../config/user-agent.ts';
import type { NotificationEvent } from '../../state/notification-event.store.ts';
import { HookRefusal } from './hook-refusal.ts';

/** What an envelope says. */
export interface ReadEnvelope {
  /** Events that may have changed what a tag points at. */
  readonly changes: readonly NotificationEvent[];
  /** How many change no tag: pulls, blobs, mounts. */
  readonly ignored: number;
  /** How many are no events at all. */
  readonly refused: number;
}

/** No PostgreSQL text has a NUL, and nothing that a registry names has a control character. */
const NAME = z
  .string()
  .min(1)
  .max(512)
  .regex(/^\P{Cc}*$/u);

/** Version 2.8 leaves empty fields out, version 3 alike; a field that is of no use here may be of any form. */
const OPTIONAL_NAME = z.union([z.literal('').transform(() => undefined), NAME]).optional();

const EVENT = z.object({
  id: NAME,
  action: z.string(),
  target: z
    .object({
      mediaType: z.string().optional(),
      repository: OPTIONAL_NAME,
      tag: OPTIONAL_NAME,
      digest: OPTIONAL_NAME,
      url: z.string().optional(),
    })
    .default({}),
  request: z.object({ useragent: z.string().optional() }).optional(),
});
type Event = z.output<typeof EVENT>;

const ENVELOPE = z.object({ events: z.array(z.unknown()).nullish() });

/**
 * Reads an envelope of distribution's notifications, versions 2.x (`events.v1+json`) and 3.x (`events.v2+json`), which differ in
 * their name only: https://distribution.github.io/distribution/about/notifications/
 *
 * A registry tells an envelope again until it is accepted, and everything after it waits: one event that cannot be understood is
 * counted and left out, so that it does not hold up the others for ever.
 *
 * @throws {HookRefusal} `INVALID_REQUEST` for what is no envelope.
 */
export function readDistributionEnvelope(text: string): ReadEnvelope {
  const { events } = parseEnvelope(text);
  const parsed = (events ?? []).map((event) => EVENT.safeParse(event));
  const read = parsed.flatMap(({ data }) => (data === undefined ? [] : [data]));
  const changes = read.flatMap(changeOf);
  return { changes, ignored: read.length - changes.length, refused: parsed.length - read.length };
}

function parseEnvelope(text: string): z.output<typeof ENVELOPE> {
  try {
    return ENVELOPE.parse(JSON.parse(text));
  } catch {
    throw new HookRefusal('INVALID_REQUEST', 'the body is no JSON envelope with a list of events');
  }
}

function changeOf({ id, action, target, request }: Event): readonly NotificationEvent[] {
  const { repository, tag = null, digest = null } = target;
  if (repository === undefined || !isChange(action, target)) return [];
  return [{ id, author: request?.useragent === USER_AGENT ? 'own' : 'foreign', repository, tag, digest }];
}

/** A delete says neither what kind of thing it was nor, for a digest, which tags had it; so each may have changed a tag. */
function isChange(action: string, target: Event['target']): boolean {
  if (action === 'delete') return true;
  return action === 'push' && isManifest(target);
}

/** Blobs come as `application/octet-stream`, or as their pusher called them. */
function isManifest({ mediaType = '', tag, url = '' }: Event['target']): boolean {
  return tag !== undefined || url.includes('/manifests/') || /manifest|image\.index/.test(mediaType);
}
