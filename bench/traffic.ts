/** What one registry was asked for during one run, by its own count. */
export interface Traffic {
  readonly requests: number;
  readonly heads: number;
  readonly gets: number;
  /** POST, PUT, PATCH and DELETE. */
  readonly writes: number;
  /** GETs of the catalog, of tag lists and of `/v2/`. */
  readonly listings: number;
  /** Bodies of blobs that the registry sent; the few bytes of its error bodies included. */
  readonly blobBytesSent: number;
  /** Bodies of uploads that it received, with their request heads (some 200 bytes each). */
  readonly blobBytesReceived: number;
  /** What answering cost the registry itself. */
  readonly cpuSeconds: number;
}

const COUNTER = /^registry_http_(\w+)\{([^}]*)\} (\S+)$/;

const LISTINGS: ReadonlySet<string> = new Set(['base', 'catalog', 'tags']);

/** Reads the counters since its start from a registry's metrics in Prometheus' text format (distribution 2.7 and later). */
export function parseTraffic(metrics: string): Omit<Traffic, 'cpuSeconds'> {
  const traffic = {
    requests: 0,
    heads: 0,
    gets: 0,
    writes: 0,
    listings: 0,
    blobBytesSent: 0,
    blobBytesReceived: 0,
  };
  for (const line of metrics.split('\n')) {
    const [, name, labelText = '', value] = COUNTER.exec(line) ?? [];
    const labels = labelsOf(labelText);
    const handler = labels.get('handler') ?? '';
    if (name === 'requests_total') {
      traffic.requests += Number(value);
      traffic[kindOf(labels.get('method'), handler)] += Number(value);
    } else if (name === 'response_size_bytes_sum' && handler === 'blob') {
      traffic.blobBytesSent += Number(value);
    } else if (name === 'request_size_bytes_sum' && handler === 'blob_upload_chunk') {
      traffic.blobBytesReceived += Number(value);
    }
  }
  return traffic;
}

function kindOf(method: string | undefined, handler: string): 'heads' | 'listings' | 'gets' | 'writes' {
  if (method === 'head') return 'heads';
  if (method !== 'get') return 'writes';
  return LISTINGS.has(handler) ? 'listings' : 'gets';
}

/** What came between two readings. */
export function trafficBetween(before: Traffic, after: Traffic): Traffic {
  return {
    requests: after.requests - before.requests,
    heads: after.heads - before.heads,
    gets: after.gets - before.gets,
    writes: after.writes - before.writes,
    listings: after.listings - before.listings,
    blobBytesSent: after.blobBytesSent - before.blobBytesSent,
    blobBytesReceived: after.blobBytesReceived - before.blobBytesReceived,
    cpuSeconds: after.cpuSeconds - before.cpuSeconds,
  };
}

function labelsOf(text: string): Map<string, string> {
  return new Map([...text.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]));
}
