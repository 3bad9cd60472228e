import { crc32 } from 'node:zlib';

const BLOCK_BYTES = 512;
/** The length field of a stored block has 16 bits (RFC 1951, 3.2.4). */
const STORED_BLOCK_BYTES = 0xffff;

/** A tar archive (POSIX ustar) with one file, as a layer that a container engine can really unpack. */
export function tarOf(path: string, content: Uint8Array): Buffer {
  const header = Buffer.alloc(BLOCK_BYTES);
  const octal = (value: number, width: number): string => `${value.toString(8).padStart(width - 1, '0')}\0`;
  header.write(path, 0, 100);
  header.write(octal(0o644, 8), 100);
  header.write(octal(0, 8), 108);
  header.write(octal(0, 8), 116);
  header.write(octal(content.length, 12), 124);
  header.write(octal(0, 12), 136);
  // The checksum counts its own field as eight blanks.
  header.write(' '.repeat(8), 148);
  header.write('0', 156);
  header.write('ustar\x0000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  const padding = Buffer.alloc((BLOCK_BYTES - (content.length % BLOCK_BYTES)) % BLOCK_BYTES);
  return Buffer.concat([header, content, padding, Buffer.alloc(2 * BLOCK_BYTES)]);
}

/** A gzip file (RFC 1952) with stored blocks only: a compressor's output, and so the digest, differs between versions of Node. */
export function gzipOf(bytes: Uint8Array): Buffer {
  const parts: Uint8Array[] = [Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255])];
  for (let offset = 0; offset === 0 || offset < bytes.length; offset += STORED_BLOCK_BYTES) {
    const block = bytes.subarray(offset, offset + STORED_BLOCK_BYTES);
    const header = Buffer.alloc(5);
    header.writeUInt8(offset + block.length >= bytes.length ? 1 : 0, 0);
    header.writeUInt16LE(block.length, 1);
    header.writeUInt16LE(~block.length & 0xffff, 3);
    parts.push(header, block);
  }
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc32(bytes), 0);
  trailer.writeUInt32LE(bytes.length % 2 ** 32, 4);
  return Buffer.concat([...parts, trailer]);
}
