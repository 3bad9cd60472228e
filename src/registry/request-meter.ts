/** Counts the requests that one cycle sends to one registry, every attempt and redirect included. */
export class RequestMeter {
  #requests = 0;

  get requests(): number {
    return this.#requests;
  }

  count(): void {
    this.#requests += 1;
  }
}
