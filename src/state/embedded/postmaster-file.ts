import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Storage } from './storage.ts';

/** What a running PostgreSQL says about itself: https://www.postgresql.org/docs/current/storage-file-layout.html */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  readonly status: 'ready' | 'starting' | 'stopping' | 'other';
}

/** Places of the lines that matter, from zero. */
const PID_LINE = 0;
const PORT_LINE = 3;
const STATUS_LINE = 7;

/** `undefined` where there is none, or where it is still being written. */
export async function readPostmasterFile(storage: Storage): Promise<Postmaster | undefined> {
  const text = await readFile(pathOf(storage), 'utf8').catch(() => '');
  const lines = text.split('\n').map((line) => line.trim());
  const [pid, port] = [Number(lines[PID_LINE]), Number(lines[PORT_LINE])];
  if (!isNumberAboveZero(pid) || !isNumberAboveZero(port)) return undefined;
  return { pid, port, status: statusOf(lines[STATUS_LINE]) };
}

/** To be called when no process of the cluster lives: PostgreSQL refuses to start if the number now belongs to any other. */
export async function removePostmasterFile(storage: Storage): Promise<void> {
  await rm(pathOf(storage), { force: true });
}

function statusOf(line: string | undefined): Postmaster['status'] {
  return line === 'ready' || line === 'starting' || line === 'stopping' ? line : 'other';
}

function isNumberAboveZero(value: number): boolean {
  return Number.isSafeInteger(value) && value > 0;
}

function pathOf(storage: Storage): string {
  return join(storage.cluster, 'postmaster.pid');
}
