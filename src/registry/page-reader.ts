import type { z } from 'zod';
import type { Endpoint, ExchangeDetails } from './endpoint.ts';
import { readJson } from './json-body.ts';
import { nextPageUrl } from './link-header.ts';
import type { RequestContext } from './registry-error.ts';
import type { Answer } from './transport/http-sender.ts';

/** Bounds on what a registry can make us read: a million names in pages of one hundred. */
const MOST_PAGES = 10_000;
const MOST_ENTRIES = 1_000_000;
const PAGE_BYTES = 64 * 1024 * 1024;

export interface PagedListing<Page> {
  readonly first: URL;
  readonly details: ExchangeDetails;
  readonly schema: z.ZodType<Page>;
  /** Entries on one page. */
  readonly entriesOf: (page: Page) => number;
}

/**
 * Reads every page of a listing, or throws: a list is complete only when a page comes without a next link.
 * Next links are followed as they were written, on the same origin only.
 *
 * @throws {RegistryError} `MALFORMED_RESPONSE`, `LISTING_INCOMPLETE` and what the requests themselves throw.
 */
export async function readPages<Page>(
  endpoint: Endpoint,
  listing: PagedListing<Page>,
): Promise<readonly Page[]> {
  const { details } = listing;
  const request = { operation: details.operation, repository: details.repository };
  const pages: Page[] = [];
  const seen = new Set<string>();
  let entries = 0;
  let url: URL | undefined = listing.first;
  while (url !== undefined) {
    if (seen.has(url.href))
      throw endpoint.error('LISTING_INCOMPLETE', request, 'the pages of the listing run in a circle');
    seen.add(url.href);
    const answer = await sendPage(endpoint, url, { details, isFirst: pages.length === 0 });
    const page = parsePage(endpoint, answer, { schema: listing.schema, request });
    pages.push(page);
    entries += listing.entriesOf(page);
    if (pages.length > MOST_PAGES || entries > MOST_ENTRIES) {
      throw endpoint.error(
        'LISTING_INCOMPLETE',
        request,
        `the listing is longer than ${MOST_ENTRIES} entries or ${MOST_PAGES} pages`,
      );
    }
    url = followLink(endpoint, answer, request);
  }
  return pages;
}

async function sendPage(
  endpoint: Endpoint,
  url: URL,
  { details, isFirst }: { readonly details: ExchangeDetails; readonly isFirst: boolean },
): Promise<Answer> {
  const answer = await endpoint.send(url, {
    ...details,
    limitBytes: PAGE_BYTES,
    tooLarge: 'LISTING_INCOMPLETE',
    accept: isFirst ? [] : [404, 400, 405],
  });
  if (answer.status === 200) return answer;
  throw endpoint.error(
    'LISTING_INCOMPLETE',
    { operation: details.operation, repository: details.repository },
    `a later page of the listing answered HTTP ${answer.status}`,
  );
}

type ListingRequest = Omit<RequestContext, 'registry'>;

function parsePage<Page>(
  endpoint: Endpoint,
  answer: Answer,
  { schema, request }: { readonly schema: z.ZodType<Page>; readonly request: ListingRequest },
): Page {
  const reading = readJson(answer, schema);
  if (reading.kind === 'malformed') throw endpoint.error('MALFORMED_RESPONSE', request, reading.message);
  return reading.value;
}

function followLink(endpoint: Endpoint, answer: Answer, request: ListingRequest): URL | undefined {
  const next = nextPageUrl(answer.headers.get('link'), answer.url);
  switch (next.kind) {
    case 'last':
      return undefined;
    case 'next':
      // A page that a redirect took from elsewhere may end a listing, but not send us on.
      if (next.url.origin === endpoint.connection.transport.origin.origin) return next.url;
      throw endpoint.error('LISTING_INCOMPLETE', request, `the next page is on ${next.url.origin}`);
    case 'refused':
      throw endpoint.error('LISTING_INCOMPLETE', request, next.message);
  }
}
