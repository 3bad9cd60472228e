import { type IncomingHttpHeaders } from 'node:http';
import { type FakeOperation } from './fake-operation.ts';
import { type FakeProfile } from './fake-profile.ts';
import { type FakeStorage } from './fake-storage.ts';

/** One request, as a route sees it. */
export interface FakeExchange {
  readonly operation: FakeOperation;
  readonly method: string;
  /** Path and query as they came. */
  readonly target: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** '' where the path names none. */
  readonly repository: string;
  /** Tag, digest or upload id of the path. */
  readonly reference: string;
  /** Scheme and host for absolute locations: what the client called the registry, or what a proxy header says. */
  readonly origin: string;
  readonly profile: FakeProfile;
  readonly storage: FakeStorage;
  /** Whether the user of this request is shown a repository. */
  readonly isVisible: (repository: string) => boolean;
  /** The request's body as it arrives; throws where the client breaks off. */
  readonly body: AsyncIterable<Buffer>;
}

/** The whole body, or null as soon as it is larger than `limitBytes`. */
export async function readBody(
  exchange: Pick<FakeExchange, 'body'>,
  limitBytes: number,
): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of exchange.body) {
    size += chunk.length;
    if (size <= limitBytes) chunks.push(chunk);
  }
  return size > limitBytes ? null : Buffer.concat(chunks);
}
