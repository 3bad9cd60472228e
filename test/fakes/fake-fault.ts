import { type FakeAnswer } from './fake-answer.ts';
import { type RequestRecord } from './fake-history.ts';
import { type FakeStorage } from './fake-storage.ts';

/** How a body is framed on the wire: with Content-Length, until the connection closes, or in chunks. */
type BodyFraming = 'length' | 'close' | 'chunked';

/**
 * The end of the connection in place of an answer: RST, FIN, or silence until the fake ends. With `afterRequestBytes`
 * it comes in the middle of the request's body, of which the registry keeps what arrived.
 */
export interface CutFault {
  readonly kind: 'reset' | 'close' | 'stall';
  readonly afterRequestBytes?: number;
}

/** The headers promise all of the body, and `afterBytes` of it come before the end or silence. */
export interface CutBodyFault {
  readonly kind: 'cut-body';
  readonly framing: BodyFraming;
  readonly afterBytes: number;
  readonly end: 'close' | 'reset' | 'stall';
}

/** The body trickles. */
export interface DripFault {
  readonly kind: 'drip';
  readonly bytes: number;
  readonly everyMs: number;
}

/** What goes wrong with one request. Each kind is one way in which a network or a registry misbehaves. */
export type Fault =
  | CutFault
  | CutBodyFault
  | DripFault
  /** RST, but only on a connection that has served a request: the keep-alive race. On a fresh one, nothing. */
  | { readonly kind: 'reset-reused-connection' }
  /** This answer in place of the registry's, which changes nothing. */
  | { readonly kind: 'answer'; readonly answer: FakeAnswer }
  /** The registry does what was asked, and the connection breaks before the answer. */
  | { readonly kind: 'answer-lost' }
  /** The request reaches the registry twice, as through a proxy that retries; the second answer is given. */
  | { readonly kind: 'applied-twice' }
  /** The answer comes from an earlier state (`storage.snapshot()`), as from a lagging replica. */
  | { readonly kind: 'stale-read'; readonly storage: FakeStorage }
  /** Something changes just before the registry looks. */
  | { readonly kind: 'change'; readonly change: (storage: FakeStorage) => void }
  /** The answer waits until the test lets it go. */
  | { readonly kind: 'hold'; readonly until: Promise<unknown> }
  /** The registry's own answer, altered. */
  | { readonly kind: 'edit'; readonly edit: (answer: FakeAnswer, request: RequestRecord) => FakeAnswer };
