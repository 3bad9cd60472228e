import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse } from 'node:http';
import { type Socket } from 'node:net';
import { sendAnswer, sendCut, sendDrip } from './fake-answer-sender.ts';
import { type FakeAnswer } from './fake-answer.ts';
import { type CutFault, type Fault } from './fake-fault.ts';
import { type OpenRecord } from './fake-history.ts';
import { resetConnection } from './fake-sockets.ts';

/** Thrown inside a route when a fault has ended the connection under it. */
export class ConnectionCutError extends Error {
  override readonly name = 'ConnectionCutError';
}

/** How many requests a connection has served, for faults that need a reused one. */
const served = new WeakMap<Socket, number>();

/** One request and its answer as far as the network is concerned. */
export class FakeConnection {
  readonly #request: IncomingMessage;
  /** Kept, for a request forgets the socket that was destroyed under it. */
  readonly #socket: Socket;
  readonly #response: ServerResponse;
  readonly #record: OpenRecord;
  readonly #isReused: boolean;

  constructor(request: IncomingMessage, response: ServerResponse, record: OpenRecord) {
    this.#request = request;
    this.#socket = request.socket;
    this.#response = response;
    this.#record = record;
    const before = served.get(request.socket) ?? 0;
    this.#isReused = before > 0;
    served.set(request.socket, before + 1);
  }

  get isReused(): boolean {
    return this.#isReused;
  }

  /** The request's body; a cut in the plan ends connection and iteration at its byte. */
  async *body(cut: CutFault | null): AsyncGenerator<Buffer> {
    const limit = cut?.afterRequestBytes ?? Infinity;
    for await (const chunk of this.#request as AsyncIterable<Buffer>) {
      const room = limit - this.#record.bodyBytes;
      const taken = chunk.length > room ? chunk.subarray(0, room) : chunk;
      this.#record.bodyBytes += taken.length;
      yield taken;
      if (cut !== null && this.#record.bodyBytes >= limit) {
        await this.cut(cut.kind);
        throw new ConnectionCutError();
      }
    }
  }

  /** Ends the connection, or waits in silence for the other side to end it. */
  async cut(kind: CutFault['kind']): Promise<void> {
    const socket = this.#socket;
    switch (kind) {
      case 'reset':
        resetConnection(socket);
        break;
      case 'close':
        socket.destroy();
        break;
      case 'stall':
        if (!socket.destroyed) await once(socket, 'close');
        break;
    }
  }

  /** Sends the answer, in the way that the fault says. */
  async send(answer: FakeAnswer, fault: Fault | undefined): Promise<void> {
    // Unread bytes of the request would break the connection for the next one.
    this.#request.resume();
    this.#record.status = answer.status;
    if (fault?.kind === 'cut-body') await sendCut(this.#response, answer, fault);
    else if (fault?.kind === 'drip') await sendDrip(this.#response, answer, fault);
    else await sendAnswer(this.#response, answer);
  }
}
