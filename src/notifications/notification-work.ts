import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import type { DirtyMarker } from './incoming/dirty-marker.ts';

/** Starts and ends what notifications have running in a process. */
export class NotificationWork implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #marker: DirtyMarker;

  constructor(marker: DirtyMarker) {
    this.#marker = marker;
  }

  onApplicationBootstrap(): void {
    this.#marker.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.#marker.stop();
  }
}
