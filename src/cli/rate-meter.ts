/** Long enough to smooth single blobs, short enough to show a link that has stalled. */
const WINDOW_SECONDS = 5;

interface Bucket {
  readonly second: number;
  bytes: number;
}

/** Bytes per second over the last seconds. */
export class RateMeter {
  #buckets: Bucket[] = [];

  add(bytes: number, nowSeconds: number): void {
    const second = Math.floor(nowSeconds);
    const last = this.#buckets.at(-1);
    if (last?.second === second) last.bytes += bytes;
    else this.#buckets.push({ second, bytes });
    this.#forgetBefore(second - WINDOW_SECONDS);
  }

  bytesPerSecond(nowSeconds: number): number {
    const second = Math.floor(nowSeconds);
    this.#forgetBefore(second - WINDOW_SECONDS);
    const oldest = this.#buckets[0];
    if (oldest === undefined) return 0;
    const bytes = this.#buckets.reduce((sum, bucket) => sum + bucket.bytes, 0);
    // At least a second: the first kilobyte after a millisecond is no rate.
    return bytes / Math.max(1, nowSeconds - oldest.second);
  }

  #forgetBefore(second: number): void {
    this.#buckets = this.#buckets.filter((bucket) => bucket.second >= second);
  }
}
