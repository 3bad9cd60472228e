import { type FakeExchange } from '../fake-exchange.ts';
import { type FakeUploadSession } from '../fake-upload-session.ts';

/** What the `_state` of an upload location says. A real registry signs it; here it is enough that clients cannot read it. */
export interface UploadState {
  readonly repository: string;
  readonly id: string;
  readonly offset: number;
}

export function uploadLocation(exchange: FakeExchange, session: FakeUploadSession): string {
  const state: UploadState = { repository: session.repository, id: session.id, offset: session.sizeBytes };
  const token = Buffer.from(JSON.stringify(state)).toString('base64url');
  return `${exchange.origin}/v2/${session.repository}/blobs/uploads/${session.id}?_state=${token}`;
}

/** The state that a request carries, or null where it is missing or not ours. */
export function uploadStateOf(exchange: FakeExchange): UploadState | null {
  try {
    const text = Buffer.from(exchange.query.get('_state') ?? '', 'base64url').toString();
    return JSON.parse(text) as UploadState;
  } catch {
    return null;
  }
}
