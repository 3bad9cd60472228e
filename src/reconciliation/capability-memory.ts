import type { RegistryClient } from '../registry/registry-client.ts';
import type { RegistryAddress } from '../state/learnt-capability.ts';
import type { StateStore } from '../state/state-store.ts';

/** What one registry was seen to do or to refuse, carried from cycle to cycle. */
export class CapabilityMemory {
  readonly #client: RegistryClient;
  readonly #store: StateStore;
  #recalled: Promise<void> | undefined;

  constructor(client: RegistryClient, store: StateStore) {
    this.#client = client;
    this.#store = store;
  }

  /** Brings back what is remembered; once in a cycle. @throws {StateError} */
  async recall(): Promise<void> {
    this.#recalled ??= this.#load();
    try {
      await this.#recalled;
    } catch (error) {
      this.#recalled = undefined;
      throw error;
    }
  }

  /** Writes down what was learnt since the last time. @throws {StateError} */
  async keep(): Promise<void> {
    const news = this.#client.capabilities.takeNews();
    if (news.size > 0) await this.#store.saveCapabilities(this.#address, news);
  }

  get #address(): RegistryAddress {
    return { name: this.#client.name, origin: this.#client.origin };
  }

  async #load(): Promise<void> {
    this.#client.capabilities.recall(await this.#store.loadCapabilities(this.#address));
  }
}
