import { type IncomingHttpHeaders } from 'node:http';
import { answer, type FakeAnswer } from './fake-answer.ts';
import { plainAnswer } from './fake-errors.ts';
import { type FakeProfile } from './fake-profile.ts';
import { blobAnswer } from './fake-routes/blob-route.ts';
import { type FakeStorage } from './fake-storage.ts';

/** What is wrong with a request to a pre-signed URL: the storage's errors are XML. */
function storageError(status: number, code: string): FakeAnswer {
  const body = `<?xml version="1.0"?><Error><Code>${code}</Code></Error>`;
  return answer(status, { 'Content-Type': 'application/xml' }, body);
}

/**
 * The second origin that blob reads are redirected to: an object store with pre-signed URLs. Like S3 it refuses a
 * request that brings an Authorization header too, and one whose signature is too old.
 */
export class FakeBlobOrigin {
  #generation = 1;

  /** URLs given out so far answer 403 from now on. */
  expireUrls(): void {
    this.#generation += 1;
  }

  target(repository: string, digest: string): string {
    return `/bucket/${repository}/${digest}?signature=${this.#generation}`;
  }

  answer(
    target: string,
    headers: IncomingHttpHeaders,
    from: { readonly storage: FakeStorage; readonly profile: FakeProfile },
  ): FakeAnswer {
    const [path = '', query] = target.split('?');
    if (headers.authorization !== undefined) return storageError(400, 'InvalidArgument');
    if (new URLSearchParams(query).get('signature') !== String(this.#generation)) {
      return storageError(403, 'AccessDenied');
    }
    const place = placeOf(path);
    const content = from.storage.contentOf(place.repository, place.digest);
    return content === undefined ? plainAnswer(404, 'NoSuchKey') : blobAnswer({ headers, ...from }, content);
  }
}

export function placeOf(path: string): { readonly repository: string; readonly digest: string } {
  const segments = path.split('/');
  return { repository: segments.slice(2, -1).join('/'), digest: segments.at(-1) ?? '' };
}
