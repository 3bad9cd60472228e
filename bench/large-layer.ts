import { createCipheriv, createHash } from 'node:crypto';
import { request } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { expectStatus } from '../test/builders/registry-request.ts';
import { blobOf, descriptorOf, manifestOf } from '../test/builders/built-content.ts';
import { mediaTypes } from '../test/builders/media-types.ts';
import { pushBlob, putManifest } from '../test/builders/push-content.ts';

const PIECE_BYTES = 1024 * 1024;

/** Pushes an image with one layer of that many bytes, never held as a whole; gives back the digest of its manifest. */
export async function pushLargeImage(
  registryUrl: string,
  repository: string,
  layerBytes: number,
): Promise<string> {
  const layer = await pushLargeBlob(registryUrl, repository, layerBytes);
  const config = blobOf(
    mediaTypes.ociConfig,
    Buffer.from(JSON.stringify({ rootfs: { type: 'layers', diff_ids: [layer] } })),
  );
  await pushBlob(registryUrl, repository, config);
  const manifest = manifestOf(mediaTypes.ociManifest, {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: descriptorOf(config),
    layers: [{ mediaType: mediaTypes.ociLayer, digest: layer, size: layerBytes }],
  });
  await putManifest(registryUrl, repository, 'latest', manifest);
  return manifest.digest;
}

/** The digest is known when the last byte has gone: a PATCH with the bytes, then a PUT with their digest. */
async function pushLargeBlob(registryUrl: string, repository: string, sizeBytes: number): Promise<string> {
  const opened = await expectStatus(
    registryUrl,
    { method: 'POST', path: `/v2/${repository}/blobs/uploads/` },
    202,
  );
  const hash = createHash('sha256');
  const location = await patch(
    new URL(String(opened.headers.location), registryUrl),
    pieces(sizeBytes, hash),
    sizeBytes,
  );
  const digest = `sha256:${hash.digest('hex')}`;
  const path = `${location}${location.includes('?') ? '&' : '?'}digest=${encodeURIComponent(digest)}`;
  await expectStatus(registryUrl, { method: 'PUT', path }, 201);
  return digest;
}

/** Incompressible bytes, the same every time: the key stream of AES in counter mode with a constant key. */
function* pieces(sizeBytes: number, hash: { update(bytes: Buffer): unknown }): Generator<Buffer> {
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16, 'large layer key!'), Buffer.alloc(16));
  for (let left = sizeBytes; left > 0; left -= PIECE_BYTES) {
    const piece = cipher.update(Buffer.alloc(Math.min(PIECE_BYTES, left)));
    hash.update(piece);
    yield piece;
  }
}

async function patch(url: URL, bytes: Iterable<Buffer>, sizeBytes: number): Promise<string> {
  const headers = { 'content-type': 'application/octet-stream', 'content-length': String(sizeBytes) };
  const outgoing = request(url, { method: 'PATCH', headers });
  const location = new Promise<string>((resolve, reject) => {
    outgoing.once('error', reject).once('response', (response) => {
      response.resume();
      if (response.statusCode === 202) resolve(String(response.headers.location));
      else reject(new Error(`PATCH ${url.pathname}: ${String(response.statusCode)}`));
    });
  });
  await pipeline(Readable.from(bytes), outgoing);
  return await location;
}
