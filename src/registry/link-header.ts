import { HeaderCursor } from './header-cursor.ts';
import { resolveUrlReference } from './resolve-url-reference.ts';

/** One link of a `Link` header: the reference between the angle brackets as written, and its parameters by lowercase name. */
export interface Link {
  readonly reference: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/**
 * What a listing's `Link` header says about the rest of the list.
 * Only `last` means that the list is complete: whatever cannot be understood or followed is `refused`, never `last`.
 */
export type NextPage =
  | { readonly kind: 'last' }
  | { readonly kind: 'next'; readonly url: URL }
  | { readonly kind: 'refused'; readonly message: string };

interface ParsedHeader {
  readonly links: readonly Link[];
  readonly wellFormedness: 'well-formed' | 'has-junk';
}

/**
 * Returns the links of a header value, in order (RFC 8288 section 3); text that is no link is left out.
 * References are taken as written, unescaped characters included: zot formats `last=%s` without escaping.
 */
export function parseLinkHeader(header: string): readonly Link[] {
  return readLinks(header).links;
}

/**
 * Returns the page that follows the answer to `requestUrl`, resolved against it; its query is the server's, verbatim.
 *
 * A link without a relation counts as the next page, since other clients follow it and reading more is the safe side.
 * Another origin, user information, a fragment (it would cut an unescaped cursor short), two different next pages and
 * a link to the page itself are refused.
 */
export function nextPageUrl(header: string | undefined, requestUrl: URL): NextPage {
  if (header === undefined) return { kind: 'last' };
  const { links, wellFormedness } = readLinks(header);
  const references = [...new Set(links.filter(isNext).map((link) => link.reference))];
  const [reference, second] = references;
  if (reference === undefined) {
    return wellFormedness === 'well-formed' ? { kind: 'last' } : refused('the Link header cannot be read');
  }
  if (second !== undefined) return refused('the Link header names two different next pages');
  return judgeNext(resolveUrlReference(reference, requestUrl), requestUrl);
}

function judgeNext(url: URL | undefined, requestUrl: URL): NextPage {
  if (url === undefined) return refused('the Link header names a next page that is no http URL');
  if (url.origin !== requestUrl.origin) {
    return refused(`the next page is on ${url.origin}, not on ${requestUrl.origin}`);
  }
  if (url.username !== '' || url.password !== '')
    return refused('the next page has user information in its URL');
  if (url.href.includes('#')) return refused('the next page has a fragment in its URL');
  if (url.href === requestUrl.href) return refused('the next page is the page itself');
  return { kind: 'next', url };
}

function refused(message: string): NextPage {
  return { kind: 'refused', message };
}

/** `rel` is a list of relation types separated by spaces and compared without case, RFC 8288 section 3.3. */
function isNext(link: Link): boolean {
  const relations = link.parameters.get('rel')?.trim().toLowerCase() ?? '';
  return relations === '' || relations.split(/\s+/).includes('next');
}

function readLinks(header: string): ParsedHeader {
  const cursor = new HeaderCursor(header);
  const links: Link[] = [];
  let wellFormedness: ParsedHeader['wellFormedness'] = 'well-formed';
  while (!cursor.isAtEnd()) {
    cursor.takeWhile((character) => character === ',' || character === ' ' || character === '\t');
    if (cursor.isAtEnd()) break;
    const link = readLink(cursor);
    if (link === undefined) wellFormedness = 'has-junk';
    else links.push(link);
    if (skipToComma(cursor) !== '') wellFormedness = 'has-junk';
  }
  return { links, wellFormedness };
}

function readLink(cursor: HeaderCursor): Link | undefined {
  if (!cursor.take('<')) return undefined;
  const reference = cursor.takeWhile((character) => character !== '>');
  if (!cursor.take('>')) return undefined;
  return { reference, parameters: readParameters(cursor) };
}

function readParameters(cursor: HeaderCursor): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  cursor.takeSpaces();
  while (cursor.take(';')) {
    cursor.takeSpaces();
    const name = cursor.takeToken().toLowerCase();
    cursor.takeSpaces();
    const value = cursor.take('=') ? readValue(cursor) : '';
    // The first occurrence counts, RFC 8288 section 3.3.
    if (name !== '' && value !== undefined && !parameters.has(name)) parameters.set(name, value);
    cursor.takeSpaces();
  }
  return parameters;
}

function readValue(cursor: HeaderCursor): string | undefined {
  cursor.takeSpaces();
  if (cursor.peek() === '"') return cursor.takeQuotedString();
  return cursor.takeWhile((character) => !' \t,;'.includes(character));
}

/** Moves to the comma that ends this link, commas in quotes left aside, and returns what was skipped. */
function skipToComma(cursor: HeaderCursor): string {
  const skipped: string[] = [];
  while (!cursor.isAtEnd() && cursor.peek() !== ',') {
    if (cursor.peek() === '"') skipped.push(cursor.takeQuotedString() ?? '"');
    else skipped.push(cursor.takeWhile((character) => character !== ',' && character !== '"'));
  }
  return skipped.join('');
}
