import type { Lie } from './lie.ts';
import { IMAGES, pushAll } from './stage.ts';
import {
  answersFrom,
  answersOf,
  bare,
  body,
  cut,
  error,
  html,
  listed,
  paged,
  plain,
  redirect,
  silence,
  tagList,
  type Reaction,
} from './tricks.ts';

const bothOrphans = ['gone', 'old'] as const;

/** The primary's list of tags lies in every answer. */
function primaryLists(
  row: Lie['row'],
  name: string,
  react: Reaction,
  { says = [], deleted = [] }: Partial<Lie> = {},
): Lie {
  return { row, name: `the primary's list ${name}`, primary: [{ on: tagList, react }], deleted, says };
}

const held = (reason: string, ...tags: readonly string[]): string[] =>
  tags.map((tag) => `${tag} delete-orphan-tag held ${reason}`);

const allEmpty = held('PRIMARY_EMPTY', 'gone', 'keep', 'live', 'old', 'twin');

/** The repository could not be compared. */
const unread = (reason: string): Pick<Lie, 'says'> => ({ says: [`- primary ${reason}`] });

/** No repository of the link could be compared, and this is the only one. */
const unreachable = (reason: string): Pick<Lie, 'says'> => ({
  says: [`- primary ${reason}`, `link primary ${reason}`],
});

/** The primary shows no tag, of a repository that is named exactly, and of one that its catalog names. */
function emptied(name: string, react: Reaction): readonly Lie[] {
  return [
    primaryLists('DS-08', name, react, unread('REPOSITORY_MISSING')),
    {
      row: 'DS-08',
      name: `the primary's list ${name}, of a repository that its catalog names`,
      by: 'pattern',
      primary: [{ on: tagList, react }],
      deleted: [],
      says: allEmpty,
    },
  ];
}

/** What the primary says when it is asked for its tags. */
export const LISTING_LIES: readonly Lie[] = [
  ...emptied(
    'is empty',
    listed(() => []),
  ),
  ...emptied(
    'is null',
    listed(() => null),
  ),
  ...emptied('has the same key twice, at last empty', async (exchange) => {
    const answer = await exchange.ask();
    const doubled = answer.body.toString().replace(/\}\s*$/, ',"tags":[]}');
    const { 'content-length': _length, ...headers } = answer.headers;
    return { ...answer, headers, body: Buffer.from(doubled) };
  }),
  primaryLists(
    'DS-08',
    'holds nothing but what is no tag',
    listed(() => [null, '..', 7]),
    {
      says: ['.. copy-tag failed NAME_INVALID', '7 copy-tag failed NAME_INVALID', ...allEmpty],
    },
  ),
  primaryLists(
    'DS-02',
    'lacks a live tag',
    listed((tags) => tags.filter((tag) => tag !== 'live')),
    {
      deleted: bothOrphans,
      says: held('PRIMARY_STILL_HAS_TAG', 'live'),
    },
  ),
  primaryLists(
    'DS-02',
    'lacks the twin of an orphan',
    listed((tags) => tags.filter((tag) => tag !== 'twin')),
    {
      deleted: bothOrphans,
      says: held('PRIMARY_STILL_HAS_TAG', 'twin'),
    },
  ),
  primaryLists(
    'DS-02',
    'ends after its first tag',
    listed(([tag]) => [tag]),
    {
      deleted: bothOrphans,
      says: held('PRIMARY_STILL_HAS_TAG', 'live', 'twin'),
    },
  ),
  primaryLists(
    'DS-02',
    'names none of its own tags, but an orphan',
    listed(() => ['gone']),
    { says: ['gone copy-tag failed MISSING_CONTENT', ...held('COPY_FAILED', 'keep', 'live', 'old', 'twin')] },
  ),
  primaryLists(
    'DS-02',
    'names an orphan as well',
    listed((tags) => [...tags, 'old']),
    { says: ['old copy-tag failed MISSING_CONTENT', ...held('COPY_FAILED', 'gone')] },
  ),
  primaryLists('DS-04', 'is a login page with 200', html(), unread('MALFORMED_RESPONSE')),
  primaryLists(
    'DS-04',
    'is JSON that is called text',
    async (exchange) => {
      const answer = await exchange.ask();
      return { ...answer, headers: { ...answer.headers, 'content-type': 'text/plain' } };
    },
    unread('MALFORMED_RESPONSE'),
  ),
  primaryLists('DS-04', 'is cut off, with its length announced', cut('announced'), unreachable('NETWORK')),
  primaryLists(
    'DS-04',
    'is cut off, with no length announced',
    cut('unannounced'),
    unread('MALFORMED_RESPONSE'),
  ),
  primaryLists('DS-04', 'has no byte', bare(200), unread('MALFORMED_RESPONSE')),
  primaryLists('DS-04', 'is 204', bare(204), unread('LISTING_INCOMPLETE')),
  primaryLists('DS-04', 'is {}', body({}), unread('MALFORMED_RESPONSE')),
  primaryLists('DS-04', 'is []', body([]), unread('MALFORMED_RESPONSE')),
  primaryLists('DS-04', 'is null altogether', body(null), unread('MALFORMED_RESPONSE')),
  primaryLists('DS-04', 'is a text', body('keep'), unread('MALFORMED_RESPONSE')),
  primaryLists(
    'DS-04',
    'has tags that are a text',
    listed(() => 'keep'),
    unread('MALFORMED_RESPONSE'),
  ),
  primaryLists(
    'DS-04',
    'has tags that are an object',
    listed(() => ({ keep: true })),
    unread('MALFORMED_RESPONSE'),
  ),
  primaryLists(
    'DS-04',
    'has no tags at all',
    listed(() => undefined),
    unread('MALFORMED_RESPONSE'),
  ),
  primaryLists('DS-04', 'is an error with 200', error(200, 'UNKNOWN'), unread('MALFORMED_RESPONSE')),
  primaryLists(
    'DS-04',
    'is that of another repository',
    body({ name: 'somebody/else', tags: ['keep'] }),
    unread('MALFORMED_RESPONSE'),
  ),
  primaryLists(
    'DS-04',
    'is that of the same name in capitals',
    async (exchange, stage) => {
      return await body({ name: stage.repository.toUpperCase(), tags: ['keep'] })(exchange, stage);
    },
    unread('MALFORMED_RESPONSE'),
  ),
  primaryLists(
    'DS-04',
    'has a next page that is not there',
    paged(['keep'], '/v2/nowhere/tags/list?page=2'),
    unread('LISTING_INCOMPLETE'),
  ),
  primaryLists(
    'DS-04',
    'has a next page on another host',
    paged(['keep'], 'http://127.0.0.1:9/v2/x/tags/list'),
    unread('LISTING_INCOMPLETE'),
  ),
  {
    row: 'DS-04',
    name: "the primary's list has itself as its next page",
    primary: [{ on: tagList, react: (exchange, stage) => paged(['keep'], exchange.path)(exchange, stage) }],
    deleted: [],
    says: ['- primary LISTING_INCOMPLETE'],
  },
  {
    row: 'DS-04',
    name: "the primary's list has a next page that is a login page",
    primary: [
      { on: ({ path }) => path.includes('page=2'), react: html() },
      {
        on: tagList,
        react: (exchange, stage) =>
          paged(['keep'], `/v2/${stage.repository}/tags/list?page=2`)(exchange, stage),
      },
    ],
    deleted: [],
    says: ['- primary MALFORMED_RESPONSE'],
  },
  primaryLists('DS-02', 'is 401', error(401, 'UNAUTHORIZED'), unreachable('UNAUTHORIZED')),
  primaryLists('DS-02', 'is 401 without a word', bare(401), unreachable('UNAUTHORIZED')),
  primaryLists('DS-02', 'is 403', error(403, 'DENIED'), unreachable('FORBIDDEN')),
  primaryLists('DS-02', 'is 404 NAME_UNKNOWN', error(404, 'NAME_UNKNOWN'), unread('REPOSITORY_MISSING')),
  primaryLists('DS-02', 'is 404 MANIFEST_UNKNOWN', error(404, 'MANIFEST_UNKNOWN'), unread('NOT_FOUND')),
  primaryLists('DS-02', 'is 404 BLOB_UNKNOWN', error(404, 'BLOB_UNKNOWN'), unread('NOT_FOUND')),
  primaryLists('DS-02', 'is 404 without a word', bare(404), unread('NOT_FOUND')),
  primaryLists('DS-02', 'is 404 in plain text', plain(404, '404 page not found'), unread('NOT_FOUND')),
  primaryLists('DS-02', 'is 404 as a page', html(404), unread('NOT_FOUND')),
  primaryLists('DS-02', 'is 410', bare(410), unread('MALFORMED_RESPONSE')),
  primaryLists('DS-04', 'is 429 for ever', error(429, 'TOOMANYREQUESTS'), unread('RATE_LIMITED')),
  primaryLists('DS-04', 'is 500', error(500, 'UNKNOWN'), unread('SERVER_ERROR')),
  primaryLists('DS-04', 'is 502 as a page', html(502), unread('SERVER_ERROR')),
  primaryLists('DS-04', 'is 503', bare(503), unread('SERVER_ERROR')),
  primaryLists('DS-04', 'is 504', html(504), unread('SERVER_ERROR')),
  primaryLists('DS-04', 'never comes', silence, unreachable('NETWORK')),
  primaryLists('DS-04', 'is elsewhere', redirect('http://127.0.0.1:9/v2/'), unreachable('NETWORK')),
  primaryLists(
    'DS-01',
    'comes from another registry',
    answersFrom(({ backstage }) => backstage.stranger.url),
    unread('REPOSITORY_MISSING'),
  ),
  {
    row: 'DS-01',
    name: "the primary's list is a stale copy, from before a tag was pushed",
    prepare: (stage) => stage.push('primary', 'new', IMAGES.other),
    primary: [{ on: tagList, react: listed((tags) => tags.filter((tag) => tag !== 'new')) }],
    deleted: bothOrphans,
    says: [],
  },
  {
    row: 'DS-01',
    name: "the primary's list is that of an older copy of the repository",
    prepare: ({ backstage, repository }) =>
      pushAll(backstage.primary, `${repository}/older`, { keep: IMAGES.kept, gone: IMAGES.shared }),
    primary: [{ on: tagList, react: answersOf(({ repository }) => `${repository}/older`) }],
    deleted: [],
    says: ['gone copy-tag failed MISSING_CONTENT', ...held('COPY_FAILED', 'live', 'old', 'twin')],
  },
];
