import { Readable } from 'node:stream';
import { SpoolFailure } from './spool-failure.ts';
import type { SpoolFile } from './blob-spool.ts';

/** As much as one read of a reader takes. */
const PIECE_BYTES = 256 * 1024;

type Progress = 'writing' | 'complete' | { readonly failure: Error };

/**
 * One blob that is written once and read by several, each at its own pace, also while it is still being written: memory holds
 * one piece for the writer and one for every reader.
 */
export class SpooledBlob {
  readonly #file: SpoolFile;
  #writtenBytes = 0;
  #progress: Progress = 'writing';
  #source: Readable | undefined;
  #moved = Promise.withResolvers<undefined>();

  constructor(file: SpoolFile) {
    this.#file = file;
  }

  get failure(): Error | undefined {
    return typeof this.#progress === 'object' ? this.#progress.failure : undefined;
  }

  get isComplete(): boolean {
    return this.#progress === 'complete';
  }

  /** Writes checked content down to its end; what goes wrong is for the readers to hear. */
  async write(content: Readable): Promise<void> {
    this.#source = content;
    try {
      for await (const piece of content as AsyncIterable<Buffer>) {
        await this.#append(piece);
        this.#move();
      }
      this.#progress = 'complete';
    } catch (error) {
      this.#progress = { failure: error instanceof Error ? error : new SpoolFailure(String(error)) };
    }
    this.#move();
  }

  async #append(piece: Buffer): Promise<void> {
    try {
      await this.#file.write(piece, this.#writtenBytes);
      this.#writtenBytes += piece.length;
    } catch (error) {
      throw new SpoolFailure('the spool could not be written', { cause: error });
    }
  }

  #move(): void {
    const { resolve } = this.#moved;
    this.#moved = Promise.withResolvers<undefined>();
    resolve(undefined);
  }

  /** The bytes from the beginning, waiting for those that are not there yet. */
  read(): Readable {
    const nextPiece = (position: number): Promise<Buffer | null> => this.#pieceAt(position);
    let position = 0;
    return new Readable({
      highWaterMark: PIECE_BYTES,
      read() {
        nextPiece(position).then(
          (piece) => {
            position += piece?.length ?? 0;
            if (!this.destroyed) this.push(piece);
          },
          (error: unknown) => this.destroy(error instanceof Error ? error : new SpoolFailure(String(error))),
        );
      },
    });
  }

  async #pieceAt(position: number): Promise<Buffer | null> {
    while (position >= this.#writtenBytes) {
      if (this.failure !== undefined) throw this.failure;
      if (this.#progress === 'complete') return null;
      await this.#moved.promise;
    }
    const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, this.#writtenBytes - position));
    try {
      const bytesRead = await this.#file.read(piece, position);
      if (bytesRead > 0) return piece.subarray(0, bytesRead);
    } catch (error) {
      throw new SpoolFailure('the spool could not be read', { cause: error });
    }
    throw new SpoolFailure('the spool lost bytes that were written');
  }

  /** Frees the disk; whoever still writes or reads is cut off. */
  end(reason = new SpoolFailure('the spool was closed')): void {
    if (this.#progress === 'writing') {
      this.#progress = { failure: reason };
      this.#source?.destroy(reason);
    }
    this.#file.end();
    this.#move();
  }
}
