import type { TransferTotals } from '../planning/cycle-report.ts';

/** Counts what moved for one repository on one secondary. */
export class TransferTally implements TransferTotals {
  blobsCopied = 0;
  blobsMounted = 0;
  blobsPresent = 0;
  bytesCopied = 0;
  readonly #onBytes: (bytes: number) => void;

  /** @param onBytes told of bytes as they go by, for progress. */
  constructor(onBytes: (bytes: number) => void = () => undefined) {
    this.#onBytes = onBytes;
  }

  addBytes(bytes: number): void {
    this.bytesCopied += bytes;
    this.#onBytes(bytes);
  }

  get totals(): TransferTotals {
    const { blobsCopied, blobsMounted, blobsPresent, bytesCopied } = this;
    return { blobsCopied, blobsMounted, blobsPresent, bytesCopied };
  }
}
