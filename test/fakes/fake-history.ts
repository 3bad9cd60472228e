import { type IncomingHttpHeaders } from 'node:http';
import { type FakeOperation, writeOperations } from './fake-operation.ts';

/** Which of the fake's servers a request came to. */
export type FakeServerRole = 'registry' | 'blob-origin' | 'token';

/** One request and what became of it. `arrived` and `ended` are ticks of one counter, so they order all events. */
export interface RequestRecord {
  readonly server: FakeServerRole;
  readonly operation: FakeOperation;
  readonly method: string;
  /** Path and query as they came. */
  readonly target: string;
  readonly repository: string;
  /** Tag, digest or upload id; the digest for a commit and a mount. */
  readonly reference: string;
  /** Upload id of the session that the request opened, wrote to, or ended; '' elsewhere. */
  readonly session: string;
  readonly headers: IncomingHttpHeaders;
  /** Body bytes that arrived. */
  readonly bodyBytes: number;
  /** Docker-Content-Digest of the registry's answer, also where the answer got lost; null for none. */
  readonly digest: string | null;
  /** null while it is under way, and where the connection broke before an answer. */
  readonly status: number | null;
  /** Kind of the fault that was put in; null for none. */
  readonly fault: string | null;
  readonly arrived: number;
  /** null while it is under way. */
  readonly ended: number | null;
  /** Milliseconds on a monotonic clock. */
  readonly arrivedAtMs: number;
}

export interface RequestFilter {
  readonly server?: FakeServerRole;
  readonly operation?: FakeOperation | readonly FakeOperation[];
  readonly method?: string;
  readonly repository?: string;
  readonly reference?: string;
  readonly status?: number;
}

/** One blob upload on the history's clock. */
export interface UploadSpan {
  readonly digest: string;
  readonly from: number;
  readonly to: number;
}

/** A record that its server still writes to. */
export type OpenRecord = { -readonly [Key in keyof RequestRecord]: RequestRecord[Key] };

/** What is known of a request when it arrives. */
export type ArrivedRequest = Pick<
  RequestRecord,
  'server' | 'operation' | 'method' | 'target' | 'repository' | 'reference' | 'session' | 'headers'
>;

/** Every request that any of the fake's servers received, in order of arrival. */
export class FakeHistory {
  #records: OpenRecord[] = [];
  #tick = 0;

  get all(): readonly RequestRecord[] {
    return this.#records;
  }

  begin(record: ArrivedRequest): OpenRecord {
    const opened: OpenRecord = {
      ...record,
      bodyBytes: 0,
      digest: null,
      status: null,
      fault: null,
      arrived: this.#next(),
      ended: null,
      arrivedAtMs: performance.now(),
    };
    this.#records.push(opened);
    return opened;
  }

  end(record: OpenRecord): void {
    record.ended ??= this.#next();
  }

  matching(filter: RequestFilter = {}): readonly RequestRecord[] {
    return this.#records.filter((record) => matches(record, filter));
  }

  count(filter: RequestFilter = {}): number {
    return this.matching(filter).length;
  }

  /** Requests that change something; a cycle on equal registries has none. */
  writes(): readonly RequestRecord[] {
    return this.#records.filter((record) => writeOperations.has(record.operation));
  }

  /** Requests that have arrived and not ended. */
  inFlight(filter: RequestFilter = {}): number {
    return this.matching(filter).filter((record) => record.ended === null).length;
  }

  /** The largest number of matching requests that were under way at one moment. */
  peakInFlight(filter: RequestFilter = {}): number {
    return peakOf(
      this.matching(filter).map(({ arrived, ended }) => ({ from: arrived, to: ended ?? Infinity })),
    );
  }

  /** Upload sessions from opening to commit, with the digest that each was committed as. */
  uploads(): readonly UploadSpan[] {
    const opened = new Map<string, number>();
    for (const { session, arrived } of this.#records) {
      if (!opened.has(session)) opened.set(session, arrived);
    }
    return this.matching({ operation: 'commit-upload' }).map((commit) => ({
      digest: commit.reference,
      from: opened.get(commit.session) ?? commit.arrived,
      to: commit.ended ?? Infinity,
    }));
  }

  /** The largest number of uploads of one digest at the same time, over all digests. More than 1 is waste. */
  peakUploadsOfOneBlob(): number {
    const uploads = this.uploads();
    const digests = new Set(uploads.map((upload) => upload.digest));
    return Math.max(
      0,
      ...[...digests].map((digest) => peakOf(uploads.filter((upload) => upload.digest === digest))),
    );
  }

  clear(): void {
    this.#records = [];
  }

  #next(): number {
    this.#tick += 1;
    return this.#tick;
  }
}

const comparedParts = ['server', 'method', 'repository', 'reference', 'status'] as const;

/** Whether a record has every part that the filter names. */
export function matches(record: RequestRecord, filter: RequestFilter): boolean {
  const { operation } = filter;
  const operations = typeof operation === 'string' ? [operation] : operation;
  if (operations?.includes(record.operation) === false) return false;
  return comparedParts.every((part) => filter[part] === undefined || filter[part] === record[part]);
}

/** How many spans overlap at most; one that ends where another begins does not overlap it. */
function peakOf(spans: readonly { readonly from: number; readonly to: number }[]): number {
  const events = spans.flatMap(({ from, to }) => [
    { at: from, change: 1 },
    { at: to, change: -1 },
  ]);
  let now = 0;
  let peak = 0;
  for (const { change } of events.sort((a, b) => a.at - b.at || a.change - b.change)) {
    now += change;
    peak = Math.max(peak, now);
  }
  return peak;
}
