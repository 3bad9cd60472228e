import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';

/** Something that runs for as long as the process. */
interface Loop {
  start(): void;
  stop(): Promise<void>;
}

/** Starts and ends what notifications have running in a process. */
export class NotificationWork implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #loops: readonly Loop[];

  constructor(loops: readonly Loop[]) {
    this.#loops = loops;
  }

  onApplicationBootstrap(): void {
    for (const loop of this.#loops) loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.#loops.map((loop) => loop.stop()));
  }
}
