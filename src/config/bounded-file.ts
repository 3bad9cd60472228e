import { closeSync, openSync, readSync } from 'node:fs';

/** The text of a file, or why there is none; the complaint names no path, and holds nothing of the file. */
export type FileText =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'complaint'; readonly complaint: string };

/** Reads a UTF-8 file of at most `maxBytes`; a pipe or a device is not read further than that. */
export function readBoundedFile(path: string, maxBytes: number): FileText {
  const bytes = readBytes(path, maxBytes + 1);
  if (typeof bytes === 'string') return { kind: 'complaint', complaint: `cannot be read (${bytes})` };
  if (bytes.length > maxBytes) return { kind: 'complaint', complaint: `is larger than ${maxBytes} bytes` };
  try {
    return { kind: 'text', text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    return { kind: 'complaint', complaint: 'is not UTF-8 text' };
  }
}

function readBytes(path: string, atMost: number): Uint8Array | string {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, 'r');
    return readUpTo(descriptor, atMost);
  } catch (error) {
    return codeOf(error);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function readUpTo(descriptor: number, atMost: number): Uint8Array {
  const buffer = new Uint8Array(atMost);
  let length = 0;
  while (length < atMost) {
    const read = readSync(descriptor, buffer, length, atMost - length, null);
    if (read === 0) break;
    length += read;
  }
  return buffer.subarray(0, length);
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error
    ? String(error.code)
    : 'unknown error';
}
