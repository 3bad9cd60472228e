import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import type { LockedFile } from './file-lock.ts';
import { readPostmasterFile } from './postmaster-file.ts';
import type { Storage } from './storage.ts';
import { failedStart, spawnWatched, type WatchedProcess } from './watched-process.ts';

const LOOPBACK = '127.0.0.1';

const POLL_MILLISECONDS = 10;

/** After a crash it first replays what it had written to its log; a minute is far more than this state ever needs. */
const START_SECONDS = 60;

/** Someone else may take a port between its choice and its use; that this happens three times in a row is no accident. */
const PORT_ATTEMPTS = 3;

/** Settings beside where it listens. */
const SETTINGS = [
  'unix_socket_directories=',
  'timezone=UTC',
  'log_timezone=UTC',
  // Its own news and what ends it, not every statement that failed: those are reported where they were sent.
  'log_min_messages=log',
  'log_checkpoints=off',
  // Containers have 64 MiB of shared memory by default, which parallel queries would use up.
  'max_parallel_workers_per_gather=0',
];

/** A PostgreSQL that accepts connections. */
export interface Server {
  readonly port: number;
  readonly process: WatchedProcess;
}

/** @throws {StateError} `START_FAILED`. */
export async function startServer(storage: Storage, runtime: string, lock: LockedFile): Promise<Server> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const settings = [`listen_addresses=${LOOPBACK}`, `port=${port}`, ...SETTINGS];
    const server = spawnWatched(storage, lock, [
      join(runtime, 'bin', 'postgres'),
      ...['-D', storage.cluster],
      ...settings.flatMap((setting) => ['-c', setting]),
    ]);
    try {
      await untilReady(storage, server);
      return { port, process: server };
    } catch (error) {
      if (attempt === PORT_ATTEMPTS || (await isFree(port))) throw error;
    }
  }
}

async function untilReady(storage: Storage, server: WatchedProcess): Promise<void> {
  let end: { readonly status: number | null } | undefined;
  server.exited.then(
    (status) => (end = { status }),
    () => (end = { status: null }),
  );
  for (let waited = 0; waited < START_SECONDS * 1000; waited += POLL_MILLISECONDS) {
    await sleep(POLL_MILLISECONDS);
    if (end)
      throw await failedStart(storage, `PostgreSQL ended with ${end.status ?? 'a signal'} while it started`);
    const postmaster = await readPostmasterFile(storage);
    if (postmaster?.status === 'ready') return;
  }
  server.interrupt();
  await server.exited;
  throw await failedStart(storage, `PostgreSQL was not ready after ${START_SECONDS} seconds`);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, LOOPBACK, () => {
      const address = probe.address();
      const port = address !== null && typeof address === 'object' ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, LOOPBACK, () => probe.close(() => resolve(true)));
  });
}
