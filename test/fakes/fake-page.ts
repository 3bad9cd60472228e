import { type Refusal } from './fake-errors.ts';
import { type TagListQuirks } from './fake-profile.ts';

/** One page of a list. `link` is the target of the next page, or null where there is none. */
export interface Page {
  readonly entries: readonly string[] | null;
  readonly link: string | null;
}

export type PageProblem = 'odd-number' | 'above-max' | 'unknown-last';

/** What a request asked of a list. */
export interface PageRequest {
  readonly path: string;
  readonly n: string | null;
  readonly last: string | null;
}

/** `a` before `b` as distribution compares paths: a separator sorts before every other character. */
export function comparePaths(a: string, b: string): number {
  const left = a.replaceAll('/', '\0');
  const right = b.replaceAll('/', '\0');
  return left < right ? -1 : left > right ? 1 : 0;
}

/** The Link target of distribution (registry/handlers/catalog.go, createLinkEntry): parameters sorted by name. */
export const linkTarget = (path: string, n: number, last: string): string =>
  `${path}?last=${encodeURIComponent(last)}&n=${n}`;

/** The number in `n`, or null for a negative one and a word. */
export function pageSizeOf(n: string): number | null {
  return /^\d+$/.test(n) ? Number(n) : null;
}

/** A page of tags as the profile cuts it, or why it refuses. `tags` in any order. */
export function tagPage(
  tags: readonly string[],
  request: PageRequest,
  quirks: TagListQuirks,
): Page | PageProblem {
  if (quirks.paging === 'none') return { entries: emptiedAs(quirks, unsorted(tags)), link: null };
  const asked = request.n === null ? quirks.defaultPage : pageSizeOf(request.n);
  if (asked === null && request.n !== null) {
    return quirks.oddNumber === 'refused' ? 'odd-number' : { entries: [...tags].sort(), link: null };
  }
  if (isAboveMax(asked, quirks)) return 'above-max';
  // A clamp applies to what was asked; distribution 3.1.1 gives everything to a client that asks for no page.
  const limit = asked === null ? null : Math.min(asked, quirks.maxPage ?? asked);
  if (limit === 0) return { entries: [], link: null };
  const rest = tagsBehind([...tags].sort(), request.last, quirks);
  return rest === 'unknown-last' ? rest : firstPageOf(rest, limit, { request, quirks });
}

function isAboveMax(asked: number | null, quirks: TagListQuirks): boolean {
  return asked !== null && quirks.maxPage !== null && asked > quirks.maxPage && quirks.aboveMax !== 'clamped';
}

function firstPageOf(
  rest: readonly string[],
  limit: number | null,
  { request, quirks }: { request: PageRequest; quirks: TagListQuirks },
): Page {
  const entries = limit === null ? rest : rest.slice(0, limit);
  const isFull = limit !== null && entries.length === limit;
  // Distribution 3.1 stops walking when the page is full and cannot know whether anything follows.
  const hasNext = isFull && (quirks.paging === 'after-last' || rest.length > entries.length);
  const last = entries.at(-1);
  const link = hasNext && last !== undefined ? tagLink(request.path, limit, last, quirks) : null;
  return { entries: emptiedAs(quirks, entries), link };
}

function tagsBehind(
  sorted: readonly string[],
  last: string | null,
  quirks: TagListQuirks,
): readonly string[] | 'unknown-last' {
  if (last === null || last === '') return sorted;
  switch (quirks.paging) {
    case 'after-index': {
      const index = sorted.findIndex((tag) => tag >= last);
      return index === -1 ? [] : sorted.slice(index + 1);
    }
    case 'known-last':
      return sorted.includes(last) ? sorted.slice(sorted.indexOf(last) + 1) : 'unknown-last';
    case 'token': {
      const decoded = tokenValue(last);
      return decoded === null ? 'unknown-last' : sorted.filter((tag) => tag > decoded);
    }
    case 'none':
    case 'after-last':
      return sorted.filter((tag) => tag > last);
  }
}

function tagLink(path: string, n: number, last: string, quirks: TagListQuirks): string {
  if (quirks.paging === 'token') {
    return `${path}?n=${n}&${quirks.tokenParameter}=${encodeURIComponent(tokenOf(last))}`;
  }
  return quirks.link === 'unescaped' ? `${path}?n=${n}&last=${last}` : linkTarget(path, n, last);
}

const tokenOf = (last: string): string => Buffer.from(`page after ${last}`).toString('base64');

function tokenValue(token: string): string | null {
  const text = Buffer.from(token, 'base64').toString();
  return text.startsWith('page after ') ? text.slice('page after '.length) : null;
}

function emptiedAs(quirks: TagListQuirks, entries: readonly string[]): readonly string[] | null {
  return entries.length === 0 && quirks.emptied === 'null' ? null : entries;
}

/** A fixed order that no client can take for a sorted one: by the reversed name. */
function unsorted(tags: readonly string[]): readonly string[] {
  const key = (tag: string): string => [...tag].reverse().join('');
  return [...tags].sort((a, b) => (key(a) < key(b) ? 1 : -1));
}

export const isRefusal = (value: string | Refusal): value is Refusal => typeof value === 'object';
