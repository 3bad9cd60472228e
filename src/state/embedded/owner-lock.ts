import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { z } from 'zod';
import { StateError } from '../state-error.ts';
import { lockFile, type LockedFile } from './file-lock.ts';
import type { Storage } from './storage.ts';

/** What the owner of a database writes into its lock, for the message of whoever comes second. */
const OwnerNote = z.object({ pid: z.int(), host: z.string() });

/**
 * Makes this process the one that runs the database; everything else comes after it. A process that died, however it did,
 * holds nothing. Of two that come at once, one wins.
 *
 * @throws {StateError} `IN_USE` with the other process's id; `DENIED` where the files are another user's.
 */
export async function takeOwnership(storage: Storage): Promise<LockedFile> {
  const lock = await lockFile(storage.ownerLock);
  if (lock === undefined) throw await inUse(storage);
  const note = JSON.stringify({ pid: process.pid, host: hostname() } satisfies z.infer<typeof OwnerNote>);
  lock.write(note);
  return lock;
}

async function inUse(storage: Storage): Promise<StateError> {
  return new StateError(
    'IN_USE',
    `the embedded database in ${storage.directory} is used by ${await ownerOf(storage)}, and it serves one process: ` +
      'stop that one, give another directory, or set database.url for several',
  );
}

async function ownerOf({ ownerLock }: Storage): Promise<string> {
  const note = parseNote(await readFile(ownerLock, 'utf8').catch(() => ''));
  // Between taking the lock and writing the note there is a moment without one.
  if (note === undefined) return 'another process';
  // The number of a process means nothing outside its own container.
  return note.host === hostname() ? `process ${note.pid}` : `process ${note.pid} on host ${note.host}`;
}

function parseNote(text: string): z.infer<typeof OwnerNote> | undefined {
  try {
    return OwnerNote.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
