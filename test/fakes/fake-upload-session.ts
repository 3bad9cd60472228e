import { createHash, type Hash, randomUUID } from 'node:crypto';
import { bufferContent, type FakeContent, forgottenContent } from './fake-content.ts';
import { digestOf, type FakeAlgorithm } from './fake-digest.ts';

/** One upload in progress. Appending is all it can do, as on distribution. */
export class FakeUploadSession {
  readonly id: string = randomUUID();
  readonly repository: string;
  /** PATCH requests that carried bytes, so that a profile can drop the later ones. */
  patches = 0;
  #sizeBytes = 0;
  #chunks: Buffer[] = [];
  readonly #hash: Hash = createHash('sha256');
  readonly #keepUpToBytes: number;

  constructor(repository: string, keepUpToBytes: number) {
    this.repository = repository;
    this.#keepUpToBytes = keepUpToBytes;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  append(chunk: Buffer): void {
    this.#sizeBytes += chunk.length;
    this.#hash.update(chunk);
    if (this.#sizeBytes <= this.#keepUpToBytes) this.#chunks.push(Buffer.from(chunk));
    else this.#chunks = [];
  }

  /** The digest of everything so far, or undefined for sha512 of bytes that were not kept. */
  digest(algorithm: FakeAlgorithm): string | undefined {
    if (algorithm === 'sha256') return `sha256:${this.#hash.copy().digest('hex')}`;
    return this.#areBytesKept() ? digestOf(Buffer.concat(this.#chunks), algorithm) : undefined;
  }

  content(): FakeContent {
    if (this.#areBytesKept()) return bufferContent(Buffer.concat(this.#chunks));
    return forgottenContent(this.#sizeBytes, `sha256:${this.#hash.copy().digest('hex')}`);
  }

  #areBytesKept(): boolean {
    return this.#sizeBytes <= this.#keepUpToBytes;
  }
}
