import { isIPv6 } from 'node:net';
import type { Clock } from '../time/clock.ts';

const MOST_FAILURES = 10;
const WINDOW_SECONDS = 60;

/** An attacker with more addresses than this pushes out the oldest; a hundred bytes each. */
const MOST_ADDRESSES = 10_000;

interface Failures {
  readonly since: number;
  readonly count: number;
}

/** Counts wrong tokens, or secrets, per address, so that nobody finds one by trying. */
export class AttemptLimiter {
  readonly #clock: Pick<Clock, 'monotonicSeconds'>;
  readonly #failures = new Map<string, Failures>();

  constructor(clock: Pick<Clock, 'monotonicSeconds'>) {
    this.#clock = clock;
  }

  /** Seconds until the address may try again; 0: now. */
  secondsToWait(address: string): number {
    const failures = this.#recent(networkOf(address));
    if (failures === undefined || failures.count < MOST_FAILURES) return 0;
    return Math.max(1, Math.ceil(failures.since + WINDOW_SECONDS - this.#clock.monotonicSeconds()));
  }

  failed(address: string): void {
    const network = networkOf(address);
    const { since, count } = this.#recent(network) ?? { since: this.#clock.monotonicSeconds(), count: 0 };
    // Deleted first, so that the order of the map is that of the last failure.
    this.#failures.delete(network);
    this.#failures.set(network, { since, count: count + 1 });
    for (const oldest of this.#failures.keys()) {
      if (this.#failures.size <= MOST_ADDRESSES) break;
      this.#failures.delete(oldest);
    }
  }

  #recent(network: string): Failures | undefined {
    const failures = this.#failures.get(network);
    const isOver =
      failures !== undefined && this.#clock.monotonicSeconds() - failures.since >= WINDOW_SECONDS;
    if (isOver) this.#failures.delete(network);
    return isOver ? undefined : failures;
  }
}

/** Whoever has one IPv6 address has the 2^64 of its network (RFC 6177). */
function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined || !isIPv6(address)) return mapped ?? address;
  const [head = '', tail] = address.replace(/%.*$/, '').split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros =
    tail === undefined ? [] : Array<string>(Math.max(0, 8 - before.length - after.length)).fill('0');
  return [...before, ...zeros, ...after].slice(0, 4).join(':');
}
