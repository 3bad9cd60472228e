import { type FakeAnswer, answer, headerOf, withHeader } from './fake-answer.ts';
import { admit, type FakeAuth } from './fake-auth.ts';
import { type FakeBlobOrigin, placeOf } from './fake-blob-origin.ts';
import { plainAnswer } from './fake-errors.ts';
import { type FakeExchange, readBody } from './fake-exchange.ts';
import { type Fault } from './fake-fault.ts';
import { type Incoming } from './fake-incoming.ts';
import { type FakeProfile } from './fake-profile.ts';
import { answerRoute } from './fake-routes/answer-route.ts';
import { unknownName } from './fake-routes/tag-list-route.ts';
import { type FakeStorage } from './fake-storage.ts';

/** What requests are answered with. */
export interface DispatcherParts {
  readonly profile: FakeProfile;
  readonly storage: FakeStorage;
  readonly auth: FakeAuth;
  /** URL of the token endpoint, asked for when it is needed. */
  readonly realm: () => string;
  /** Where blob reads are redirected to; undefined for no redirect. */
  readonly blobOrigin: { readonly store: FakeBlobOrigin; readonly url: () => string } | undefined;
}

/** Finds the answer to a request on any of the fake's servers. Knows nothing of sockets. */
export class FakeDispatcher {
  readonly #parts: DispatcherParts;

  constructor(parts: DispatcherParts) {
    this.#parts = parts;
  }

  /** The answer as the network would carry it, with those faults applied that change what the registry does. */
  async answer(
    incoming: Incoming,
    body: AsyncIterable<Buffer>,
    fault: Fault | undefined,
  ): Promise<FakeAnswer> {
    if (fault?.kind === 'answer') {
      await readBody({ body }, 0);
      return this.#signed(fault.answer, incoming);
    }
    if (fault?.kind === 'change') fault.change(this.#parts.storage);
    const storage = fault?.kind === 'stale-read' ? fault.storage : this.#parts.storage;
    if (fault?.kind !== 'applied-twice') return this.#routed(incoming, body, storage);
    const bytes = (await readBody({ body }, Infinity)) ?? Buffer.alloc(0);
    await this.#routed(incoming, replay(bytes), storage);
    return this.#routed(incoming, replay(bytes), storage);
  }

  async #routed(incoming: Incoming, body: AsyncIterable<Buffer>, storage: FakeStorage): Promise<FakeAnswer> {
    switch (incoming.server) {
      case 'token':
        return this.#tokenAnswer(incoming, body);
      case 'blob-origin':
        return this.#blobOriginAnswer(incoming, storage);
      case 'registry':
        return this.#signed(await this.#registryAnswer(incoming, body, storage), incoming);
    }
  }

  async #tokenAnswer(incoming: Incoming, body: AsyncIterable<Buffer>): Promise<FakeAnswer> {
    const { auth } = this.#parts;
    if (auth.kind !== 'bearer') return plainAnswer(404, '404 page not found');
    if (incoming.method !== 'POST')
      return auth.tokens.answerGet(incoming.query, incoming.headers.authorization);
    const form = await readBody({ body }, Infinity);
    return auth.tokens.answerPost(new URLSearchParams(form?.toString()));
  }

  #blobOriginAnswer(incoming: Incoming, storage: FakeStorage): FakeAnswer {
    const { blobOrigin, profile } = this.#parts;
    if (blobOrigin === undefined) return plainAnswer(404, 'NoSuchBucket');
    return blobOrigin.store.answer(incoming.target, incoming.headers, { storage, profile });
  }

  async #registryAnswer(
    incoming: Incoming,
    body: AsyncIterable<Buffer>,
    storage: FakeStorage,
  ): Promise<FakeAnswer> {
    const { auth } = this.#parts;
    const exchange = this.#exchange(incoming, body, storage);
    if (incoming.matched === undefined) return answerRoute(undefined, exchange);
    const admission = admit(exchange, auth, this.#parts.realm());
    if ('refusal' in admission) return admission.refusal;
    const hides = auth.kind === 'none' ? undefined : auth.hides;
    const isVisible = (repository: string): boolean => hides?.(repository, admission.user) !== true;
    if (exchange.repository !== '' && !isVisible(exchange.repository)) return unknownName(exchange);
    return this.#redirected(await answerRoute(incoming.matched, { ...exchange, isVisible }), exchange);
  }

  #exchange(incoming: Incoming, body: AsyncIterable<Buffer>, storage: FakeStorage): FakeExchange {
    const { matched, operation, method, target, query, headers, origin } = incoming;
    return {
      operation,
      method,
      target,
      query,
      headers,
      origin,
      repository: matched?.repository ?? '',
      reference: matched?.reference ?? '',
      profile: this.#parts.profile,
      storage,
      body,
      isVisible: () => true,
    };
  }

  /** A blob that is there is not served but pointed at, where the registry has an object store behind it. */
  #redirected(given: FakeAnswer, exchange: FakeExchange): FakeAnswer {
    const { blobOrigin } = this.#parts;
    const isBlobRead = exchange.operation === 'get-blob' || exchange.operation === 'head-blob';
    if (blobOrigin === undefined || !isBlobRead || given.status >= 300) return given;
    const target = blobOrigin.store.target(exchange.repository, exchange.reference);
    return answer(307, { Location: `${blobOrigin.url()}${target}`, 'Content-Length': '0' });
  }

  /** The headers that every answer of a registry carries. */
  #signed(given: FakeAnswer, incoming: Incoming): FakeAnswer {
    if (incoming.server !== 'registry') return given;
    const all = Object.entries({
      'Docker-Distribution-Api-Version': 'registry/2.0',
      ...this.#parts.profile.headers,
    });
    return all.reduce((signed, [name, value]) => withHeader(signed, name, value), given);
  }
}

// eslint-disable-next-line @typescript-eslint/require-await -- an async iterable over what is already there
async function* replay(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

interface FiledUnder {
  readonly repository: string;
  readonly reference: string;
  readonly session: string;
}

/** Where a request is filed: the digest rather than the session for a commit, the blob for a mount. */
export function filedUnder(incoming: Incoming): FiledUnder {
  switch (incoming.server) {
    case 'token':
      return { repository: '', reference: incoming.query.getAll('scope').join(' '), session: '' };
    case 'blob-origin': {
      const { repository, digest } = placeOf(incoming.path);
      return { repository, reference: digest, session: '' };
    }
    case 'registry':
      return filedByPath(incoming);
  }
}

function filedByPath({ matched, query, operation }: Incoming): FiledUnder {
  if (matched === undefined) return { repository: '', reference: '', session: '' };
  const { repository, reference, route } = matched;
  const digests = new Map([
    ['commit-upload', query.get('digest')],
    ['mount-blob', query.get('mount')],
  ]);
  return {
    repository,
    reference: digests.get(operation) ?? reference,
    session: route === 'upload' ? reference : '',
  };
}

/** The upload session that an answer opened; '' where it opened none. */
export const openedSession = (given: FakeAnswer): string => headerOf(given, 'Docker-Upload-UUID') ?? '';
