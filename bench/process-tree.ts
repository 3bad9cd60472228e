import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts resident memory in pages; 4 KiB on x86-64, and on most arm64 kernels of distributions. */
const PAGE_BYTES = 4096;

/**
 * Resident bytes of all descendants of a process, itself not counted. Pages that two of them share count twice, so the sum
 * errs to the disadvantage of a tool with several processes.
 */
export function residentBytesBelow(processId: number): number {
  let bytes = 0;
  for (const child of childrenOf(processId)) bytes += residentBytes(child) + residentBytesBelow(child);
  return bytes;
}

/** A process is the child of the thread that started it. */
function childrenOf(processId: number): number[] {
  return threadsOf(processId).flatMap((thread) =>
    read(`/proc/${processId}/task/${thread}/children`).split(' ').filter(Boolean).map(Number),
  );
}

function threadsOf(processId: number): string[] {
  try {
    return readdirSync(`/proc/${processId}/task`);
  } catch {
    return []; // it ended a moment ago
  }
}

function residentBytes(processId: number): number {
  return Number(read(`/proc/${processId}/statm`).split(' ')[1] ?? 0) * PAGE_BYTES;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return ''; // it ended a moment ago
  }
}

/** Linux tells times in hundredths of a second, whatever its own clock does (`USER_HZ`). */
const TICKS_PER_SECOND = 100;

/** User and system time of one process since its start. */
export function cpuSecondsOf(processId: number): number {
  // The name in parentheses may hold spaces; utime and stime are the 12th and 13th field after it (proc(5), stat).
  const fields = read(`/proc/${processId}/stat`)
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / TICKS_PER_SECOND;
}
