import type { Capability, CapabilityState } from '../oci/capability.ts';

/** What one registry was seen to do or to refuse: remembered from before, and learnt from its answers as they come. */
export class RegistryCapabilities {
  readonly #known = new Map<Capability, CapabilityState>();
  #news = new Map<Capability, CapabilityState>();

  /** `undefined`: nobody has tried, or not for long. */
  of(capability: Capability): CapabilityState | undefined {
    return this.#known.get(capability);
  }

  /** Adds what is remembered; what was learnt since is newer. */
  recall(remembered: ReadonlyMap<Capability, CapabilityState>): void {
    for (const [capability, state] of remembered)
      if (!this.#known.has(capability)) this.#known.set(capability, state);
  }

  /** Takes an answer of the registry for what it is. */
  learn(capability: Capability, state: CapabilityState): void {
    this.#known.set(capability, state);
    this.#news.set(capability, state);
  }

  /** What was learnt since the last call. */
  takeNews(): ReadonlyMap<Capability, CapabilityState> {
    const news = this.#news;
    this.#news = new Map();
    return news;
  }
}
