import { digestOf } from './fake-digest.ts';
import { type Refusal } from './fake-errors.ts';
import { type TagListQuirks } from './fake-profile.ts';

/** One page of a list. `next` is the target of the following page, or null where there is none. */
export interface Page {
  readonly entries: readonly string[] | null;
  readonly next: string | null;
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
  if (quirks.paging === 'none') return { entries: emptiedAs(quirks, unsorted(tags)), next: null };
  const limit = limitOf(request, quirks);
  if (typeof limit === 'string') return limit;
  if (limit === 0) return { entries: [], next: null };
  const rest = tagsBehind([...tags].sort(), request.last ?? '', quirks);
  return rest === 'unknown-last' ? rest : firstPageOf(rest, limit, { request, quirks });
}

/** Entries on the page; null is all. A clamp applies to what was asked: without `n` distribution 3.1.1 gives everything. */
function limitOf({ n }: PageRequest, quirks: TagListQuirks): number | null | PageProblem {
  const asked = n === null ? quirks.defaultPage : pageSizeOf(n);
  if (asked === null) return n !== null && quirks.oddNumber === 'refused' ? 'odd-number' : null;
  const most = quirks.maxPage ?? asked;
  return asked > most && quirks.aboveMax !== 'clamped' ? 'above-max' : Math.min(asked, most);
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
  const next = hasNext && last !== undefined ? tagTarget(request.path, limit, last, quirks) : null;
  return { entries: emptiedAs(quirks, entries), next };
}

function tagsBehind(
  sorted: readonly string[],
  last: string,
  quirks: TagListQuirks,
): readonly string[] | 'unknown-last' {
  if (last === '') return sorted;
  switch (quirks.paging) {
    case 'after-index':
      return afterIndex(sorted, last);
    case 'known-last':
      return sorted.includes(last) ? afterIndex(sorted, last) : 'unknown-last';
    case 'token':
      return afterToken(sorted, last);
    case 'none':
    case 'after-last':
      return sorted.filter((tag) => tag > last);
  }
}

/** Go's `sort.SearchStrings` finds where `last` is or would be, and what is there is skipped. */
function afterIndex(sorted: readonly string[], last: string): readonly string[] {
  const index = sorted.findIndex((tag) => tag >= last);
  return index === -1 ? [] : sorted.slice(index + 1);
}

function afterToken(sorted: readonly string[], token: string): readonly string[] | 'unknown-last' {
  const last = tokenValue(token);
  return last === null ? 'unknown-last' : sorted.filter((tag) => tag > last);
}

function tagTarget(path: string, n: number, last: string, quirks: TagListQuirks): string {
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

/** A fixed order that no client can take for a sorted one: by the hash of the name. */
function unsorted(tags: readonly string[]): readonly string[] {
  return tags
    .map((tag) => ({ tag, key: digestOf(Buffer.from(tag)) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ tag }) => tag);
}

export const isRefusal = (value: string | Refusal): value is Refusal => typeof value === 'object';
