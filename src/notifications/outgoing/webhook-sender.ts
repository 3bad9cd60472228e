import { request as requestHttp, type RequestOptions } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { LookupFunction } from 'node:net';
import type { OutgoingHook } from '../../config/configuration.ts';
import { USER_AGENT } from '../../config/user-agent.ts';
import type { WebhookMessage } from '../../state/webhook-outbox.store.ts';
import type { Clock } from '../../time/clock.ts';
import { checkedAddresses, type ResolvedAddress, type Resolve } from './receiver-address.ts';
import { signatureOf } from './signature.ts';

/** A receiver puts a message on a queue of its own; what takes longer is not one that we wait for. */
const PATIENCE_MILLISECONDS = 5000;

/** Sends one message once: no redirect is followed, and nothing of the answer is read but its status. */
export class WebhookSender {
  readonly #clock: Clock;
  readonly #resolve: Resolve;

  constructor(clock: Clock, resolve: Resolve) {
    this.#clock = clock;
    this.#resolve = resolve;
  }

  /** The status of the answer. @throws where none comes within 5 s, or the receiver may not be sent to. */
  async send(hook: OutgoingHook, { id, body }: WebhookMessage): Promise<number> {
    const url = new URL(hook.url.reveal());
    const signal = AbortSignal.timeout(PATIENCE_MILLISECONDS);
    const reach = hook.allowPrivateAddresses ? 'private' : 'public';
    const addresses = await unlessLate(checkedAddresses(url, reach, this.#resolve), signal);
    const timestamp = String(Math.floor(this.#clock.now().getTime() / 1000));
    const options = {
      method: 'POST',
      signal,
      // Neither a proxy of the environment nor a connection that was checked for another hook.
      agent: false,
      lookup: lookupOf(addresses),
      headers: {
        'Content-Type': 'application/json',
        'Content-Length': Buffer.byteLength(body),
        'User-Agent': USER_AGENT,
        'X-Geo-Reconciler-Delivery': id,
        'X-Geo-Reconciler-Timestamp': timestamp,
        ...(hook.secret === undefined
          ? {}
          : { 'X-Geo-Reconciler-Signature': signatureOf(hook.secret, timestamp, body) }),
      },
    };
    return await statusOf(url, options, body);
  }
}

/** Answers what was checked, whoever asks and for whatever. */
function lookupOf(addresses: readonly ResolvedAddress[]): LookupFunction {
  const [first] = addresses;
  return (_name, { all }, callback) => {
    if (all === true) callback(null, [...addresses]);
    else callback(null, first?.address ?? '', first?.family);
  };
}

async function statusOf(url: URL, options: RequestOptions, body: string): Promise<number> {
  const begin = url.protocol === 'https:' ? requestHttps : requestHttp;
  return await new Promise<number>((resolve, reject) => {
    const sent = begin(url, options, (response) => {
      resolve(response.statusCode ?? 0);
      response.destroy();
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** A resolver cannot be told to stop. */
async function unlessLate<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return await new Promise<Value>((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    work.then(resolve, reject);
  });
}
