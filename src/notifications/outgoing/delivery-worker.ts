import type { OutgoingHook } from '../../config/configuration.ts';
import type { LiveConfiguration } from '../../config/live-configuration.ts';
import type { NotificationObserver } from '../../jobs/notification-observer.ts';
import { errorFields, type ServiceLog } from '../../jobs/service-log.ts';
import { errorCode } from '../../state/error-code.ts';
import type { ClaimedDelivery, WebhookOutboxStore } from '../../state/webhook-outbox.store.ts';
import type { Clock } from '../../time/clock.ts';
import { deliveryDelaySeconds } from './delivery-delay.ts';
import { ReceiverRefused } from './receiver-address.ts';
import type { WebhookSender } from './webhook-sender.ts';

export interface DeliveryWorkerParts {
  readonly configuration: LiveConfiguration;
  readonly outbox: WebhookOutboxStore;
  readonly sender: WebhookSender;
  readonly observer: NotificationObserver;
  readonly clock: Clock;
  readonly log: ServiceLog;
}

const LOOK_SECONDS = 2;

/** Messages that one process has on their way at once; each takes 5 s at most. */
const AT_ONCE = 8;

/** Well above the patience for one answer; a process that died with a message on its way delays it by this. */
const LEASE_SECONDS = 30;

const PRUNE_SECONDS = 3600;

/** RFC 9110 section 15.5.11: the receiver is gone, and is not asked again. */
const GONE = 410;

/** Sends the messages that wait, apart from everything else that the service does. */
export class DeliveryWorker {
  readonly #parts: DeliveryWorkerParts;
  #end = new AbortController();
  #loop: Promise<void> = Promise.resolve();
  #prunedAt = -Infinity;

  constructor(parts: DeliveryWorkerParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#end = new AbortController();
    this.#loop = this.#sendForEver(this.#end.signal);
  }

  /** Resolves when what is on its way has ended, within seconds. */
  async stop(): Promise<void> {
    this.#end.abort();
    await this.#loop;
  }

  async #sendForEver(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#parts;
    while (!signal.aborted) {
      const sent = await this.sendDue().catch((error: unknown) => {
        log.debug(errorFields(error), 'messages to hooks could not be looked for');
        return 0;
      });
      if (sent < AT_ONCE) await clock.sleep(LOOK_SECONDS, signal).catch(() => undefined);
    }
  }

  /** Sends what is due, as much as goes at once. Answers how many. @throws {StateError} */
  async sendDue(): Promise<number> {
    const { configuration, outbox, clock } = this.#parts;
    const hooks = new Map(configuration.current.notifications.outgoing.map((hook) => [hook.name, hook]));
    if (clock.monotonicSeconds() - this.#prunedAt >= PRUNE_SECONDS) {
      await outbox.prune();
      this.#prunedAt = clock.monotonicSeconds();
    }
    if (hooks.size === 0) return 0;
    const claimed = await outbox.claim([...hooks.keys()], { limit: AT_ONCE, leaseSeconds: LEASE_SECONDS });
    await Promise.all(
      claimed.map(async (delivery) => {
        const hook = hooks.get(delivery.hook);
        if (hook !== undefined) await this.#send(hook, delivery);
      }),
    );
    return claimed.length;
  }

  async #send(hook: OutgoingHook, delivery: ClaimedDelivery): Promise<void> {
    const { outbox, sender, observer, log } = this.#parts;
    const fields = { hook: hook.name, delivery: delivery.id, attempt: delivery.attempt };
    const answer = await sender.send(hook, delivery).catch(complaintOf);
    if (typeof answer === 'number' && answer >= 200 && answer < 300) {
      await outbox.delivered(delivery);
      observer.sent(hook.name, 'delivered');
      log.debug(fields, 'a message was delivered');
      return;
    }
    const error = typeof answer === 'number' ? `the receiver answered ${answer}` : answer;
    const retryAfterSeconds = answer === GONE ? null : deliveryDelaySeconds(delivery.attempt, Math.random());
    await outbox.failed(delivery, { error, retryAfterSeconds });
    observer.sent(hook.name, retryAfterSeconds === null ? 'dead' : 'retried');
    if (retryAfterSeconds === null) log.error({ ...fields, error }, 'a message is given up');
    else
      log.warn(
        { ...fields, error, retryAfterSeconds },
        'a message could not be delivered, and is tried again',
      );
  }
}

/** Texts of the system name the address, which may be a secret; its codes and the names of its errors do not. */
function complaintOf(error: unknown): string {
  if (error instanceof ReceiverRefused) return error.message;
  const name = typeof error === 'object' && error !== null && 'name' in error ? error.name : undefined;
  if (name === 'TimeoutError' || name === 'AbortError') return 'the receiver did not answer within 5 s';
  return `the receiver cannot be reached (${errorCode(error) ?? 'unknown'})`;
}
