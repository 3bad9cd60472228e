import type { Lie } from './lie.ts';
import { IMAGES, pushAll, SECONDARY_NAME } from './stage.ts';
import {
  answersFrom,
  answersOf,
  bare,
  content,
  cut,
  deletion,
  error,
  everything,
  first,
  getOf,
  headOf,
  html,
  listed,
  lookUp,
  plain,
  redirect,
  silence,
  tagList,
  type Reaction,
} from './tricks.ts';

const held = (reason: string, ...tags: readonly string[]): string[] =>
  tags.map((tag) => `${tag} delete-orphan-tag held ${reason}`);

const unreadable = held('PRIMARY_UNREADABLE', 'gone');
const noControl = held('PRIMARY_UNREADABLE', 'gone', 'old');

/** What the primary says when it is asked for one tag. */
function primarySays(name: string, react: Reaction, says: readonly string[] = unreadable): Lie {
  return {
    row: 'DS-02',
    name: `asked for an orphan, the primary says ${name}`,
    primary: [{ on: lookUp('gone'), react }],
    deleted: ['old'],
    says,
  };
}

/** From the second question on the primary lies about its control tag: the first is that of the comparison. */
function control(row: Lie['row'], name: string, react: Reaction): Lie {
  return {
    row,
    name: `asked once more for a tag that it has, the primary says ${name}`,
    primary: [
      { on: headOf('keep'), from: 2, react },
      { on: getOf('keep'), react },
    ],
    deleted: [],
    says: noControl,
  };
}

/** `live` is left out of the list, and what the primary says of it when it is asked. */
function leftOut(name: string, react: Reaction, says: readonly string[]): Lie {
  return {
    row: 'DS-02',
    name: `a live tag is left out of the list, and asked for it the primary says ${name}`,
    primary: [
      { on: tagList, react: listed((tags) => tags.filter((tag) => tag !== 'live')) },
      { on: lookUp('live'), react },
    ],
    deleted: ['gone', 'old'],
    says,
  };
}

const withoutLive: Reaction = listed((tags) => tags.filter((tag) => tag !== 'live'));

export const POINT_LIES: readonly Lie[] = [
  primarySays('404 without a word', bare(404)),
  primarySays('404 in plain text', plain(404, '404 page not found')),
  primarySays('404 as a page', html(404)),
  primarySays('404 NAME_UNKNOWN', error(404, 'NAME_UNKNOWN')),
  primarySays('404 BLOB_UNKNOWN', error(404, 'BLOB_UNKNOWN')),
  primarySays('404 UNKNOWN', error(404, 'UNKNOWN')),
  primarySays(
    '404 because of the accept header',
    error(404, 'MANIFEST_UNKNOWN', 'OCI index found, but accept header does not support OCI indexes'),
  ),
  primarySays('401', error(401, 'UNAUTHORIZED')),
  primarySays('403', error(403, 'DENIED')),
  primarySays('MANIFEST_UNKNOWN with 403', error(403, 'MANIFEST_UNKNOWN')),
  primarySays('MANIFEST_UNKNOWN with 500', error(500, 'MANIFEST_UNKNOWN')),
  primarySays('MANIFEST_UNKNOWN with 200', error(200, 'MANIFEST_UNKNOWN')),
  primarySays('429 for ever', error(429, 'TOOMANYREQUESTS')),
  primarySays('502 as a page', html(502)),
  primarySays('503', bare(503)),
  primarySays('a login page with 200', html()),
  primarySays('nothing', silence),
  primarySays('half an answer', cut('announced')),
  primarySays('that it is elsewhere', redirect('http://127.0.0.1:9/v2/')),

  leftOut('404 without a word', bare(404), held('PRIMARY_UNREADABLE', 'live')),
  leftOut('404 NAME_UNKNOWN', error(404, 'NAME_UNKNOWN'), held('PRIMARY_UNREADABLE', 'live')),
  leftOut('404 as a page', html(404), held('PRIMARY_UNREADABLE', 'live')),
  leftOut('403', error(403, 'DENIED'), held('PRIMARY_UNREADABLE', 'live')),
  leftOut('500', error(500, 'UNKNOWN'), held('PRIMARY_UNREADABLE', 'live')),
  leftOut('a login page with 200', html(), held('PRIMARY_UNREADABLE', 'live')),
  leftOut('nothing', silence, held('PRIMARY_UNREADABLE', 'live')),
  {
    row: 'DS-02',
    name: 'a live tag is left out of the list, and a HEAD of it is 404: the GET has it',
    primary: [
      { on: tagList, react: withoutLive },
      { on: headOf('live'), react: bare(404) },
    ],
    deleted: ['gone', 'old'],
    says: held('PRIMARY_STILL_HAS_TAG', 'live'),
  },
  {
    row: 'DS-02',
    name: 'a live tag is listed, and the primary says MANIFEST_UNKNOWN to it',
    primary: [{ on: lookUp('live'), react: error(404, 'MANIFEST_UNKNOWN') }],
    deleted: [],
    says: ['live copy-tag failed MISSING_CONTENT', ...held('COPY_FAILED', 'gone', 'old')],
  },
  {
    row: 'DS-06',
    name: 'a live tag is listed, and the primary fails when it is asked for it',
    primary: [{ on: lookUp('live'), react: error(500, 'UNKNOWN') }],
    deleted: [],
    says: ['live copy-tag failed SERVER_ERROR', ...held('COPY_FAILED', 'gone', 'old')],
  },

  control('DS-03', 'MANIFEST_UNKNOWN', error(404, 'MANIFEST_UNKNOWN')),
  control('DS-03', '404 without a word', bare(404)),
  control('DS-03', '404 NAME_UNKNOWN', error(404, 'NAME_UNKNOWN')),
  control('DS-03', '401', error(401, 'UNAUTHORIZED')),
  control('DS-03', '403', error(403, 'DENIED')),
  control('DS-03', '500', error(500, 'UNKNOWN')),
  control('DS-03', 'nothing', silence),
  control('DS-03', 'a login page with 200', html()),
  control('DS-01', 'another digest', (exchange) =>
    exchange.ask({ path: exchange.path.replace('keep', 'live') }),
  ),
  {
    row: 'DS-03',
    name: 'once the comparison is done, the primary knows not even its control tag',
    primary: [
      { on: headOf('keep'), from: 2, react: bare(404) },
      { on: getOf('keep'), react: error(404, 'MANIFEST_UNKNOWN') },
    ],
    deleted: [],
    says: noControl,
  },
  {
    row: 'DS-03',
    name: 'the control tag answers before the orphan, and not after it',
    primary: [
      { on: headOf('keep'), from: 3, react: bare(404) },
      { on: getOf('keep'), react: error(404, 'MANIFEST_UNKNOWN') },
    ],
    deleted: [],
    says: noControl,
  },

  {
    row: 'DS-01',
    name: 'another registry answers from the start',
    primary: [{ on: content, react: answersFrom(({ backstage }) => backstage.stranger.url) }],
    deleted: [],
    says: ['- primary REPOSITORY_MISSING'],
  },
  {
    row: 'DS-01',
    name: 'another registry, empty, answers once the comparison is done',
    primary: [
      { on: headOf('keep'), from: 2, react: answersFrom(({ backstage }) => backstage.stranger.url) },
      {
        on: ({ method }) => method === 'GET',
        from: 3,
        react: answersFrom(({ backstage }) => backstage.stranger.url),
      },
    ],
    deleted: [],
    says: noControl,
  },
  {
    row: 'DS-01',
    name: 'another registry with the same names and other content answers once the comparison is done',
    prepare: ({ backstage, repository }) =>
      pushAll(backstage.stranger, repository, { keep: IMAGES.other, live: IMAGES.other }),
    primary: [
      { on: headOf('keep'), from: 2, react: answersFrom(({ backstage }) => backstage.stranger.url) },
      { on: lookUp('gone', 'old'), react: answersFrom(({ backstage }) => backstage.stranger.url) },
    ],
    deleted: [],
    says: noControl,
  },
  {
    row: 'DS-01',
    name: 'the primary was restored from a backup, and lacks the sentinel',
    prepare: ({ backstage, repository }) =>
      pushAll(backstage.primary, `${repository}/restored`, { keep: IMAGES.kept }),
    primary: [{ on: content, react: answersOf(({ repository }) => `${repository}/restored`) }],
    sentinel: 'live',
    deleted: [],
    says: held('SENTINEL_MISSING', 'gone', 'live', 'old', 'twin'),
  },
  {
    row: 'DS-01',
    name: 'the primary was restored empty',
    by: 'pattern',
    primary: [
      { on: tagList, react: listed(() => null) },
      { on: lookUp(), react: error(404, 'MANIFEST_UNKNOWN') },
    ],
    deleted: [],
    says: held('PRIMARY_EMPTY', 'gone', 'keep', 'live', 'old', 'twin'),
  },
  {
    row: 'DS-01',
    name: 'the repository was renamed on the primary',
    primary: [{ on: content, react: error(404, 'NAME_UNKNOWN') }],
    deleted: [],
    says: ['- primary REPOSITORY_MISSING'],
  },
  {
    row: 'DS-01',
    name: 'the repository was renamed on the primary, and is asked for by a pattern',
    by: 'pattern',
    primary: [
      {
        on: ({ path }) => path.includes('_catalog'),
        react: (exchange, stage) =>
          Promise.resolve({
            status: 200,
            headers: { 'content-type': 'application/json' },
            body: Buffer.from(JSON.stringify({ repositories: [`${stage.repository}-renamed`] })),
          }),
      },
      { on: content, react: error(404, 'NAME_UNKNOWN') },
    ],
    deleted: [],
    says: [],
  },
  {
    row: 'DS-01',
    name: 'the primary is in maintenance: everything is a page with 503',
    primary: [{ on: everything, react: html(503) }],
    deleted: [],
    says: ['link primary SERVER_ERROR'],
  },
  {
    row: 'DS-05',
    name: 'a live tag vanishes in every second cycle, in list and look-up alike',
    cycles: 4,
    policy: { authority: 'policy', minObservations: 2, minAbsenceSeconds: 0, adoptForeign: true },
    primary: [2, 4].flatMap((cycle) => [
      { cycle, on: tagList, react: withoutLive },
      { cycle, on: lookUp('live'), react: error(404, 'MANIFEST_UNKNOWN') },
    ]),
    deleted: ['gone', 'old'],
    says: held('TOO_FEW_OBSERVATIONS', 'live'),
  },
  {
    row: 'DS-05',
    name: 'a live tag vanishes for a while that is shorter than it must be',
    cycles: 4,
    policy: { authority: 'policy', minObservations: 2, minAbsenceSeconds: 600, adoptForeign: true },
    primary: [
      { on: tagList, react: withoutLive },
      { on: lookUp('live'), react: error(404, 'MANIFEST_UNKNOWN') },
    ],
    deleted: [],
    says: held('TOO_FEW_OBSERVATIONS', 'gone', 'live', 'old'),
  },
  {
    row: 'DS-10',
    name: 'the orphans were put there by somebody else',
    cycles: 3,
    policy: { authority: 'policy', minObservations: 1, minAbsenceSeconds: 0 },
    deleted: [],
    says: held('FOREIGN_TAG', 'gone', 'old'),
  },
  {
    row: 'DS-09',
    name: 'it is the first cycle',
    policy: { authority: 'policy', minObservations: 1, minAbsenceSeconds: 0, adoptForeign: true },
    deleted: [],
    says: held('FIRST_CYCLE', 'gone', 'old'),
  },
  {
    row: 'DS-07',
    name: 'one orphan more than the budget',
    policy: { perRepository: { kind: 'count', n: 1 } },
    deleted: [],
    says: held('OVER_BUDGET', 'gone', 'old'),
  },
  {
    row: 'DS-27',
    name: 'somebody stops deletions between the last look and the first delete',
    primary: [
      {
        on: getOf('gone'),
        react: first(({ store }) =>
          store.freezeDeletions({ secondary: SECONDARY_NAME, by: 'ops', reason: 'wait' }),
        ),
      },
    ],
    deleted: [],
    says: held('FROZEN', 'gone', 'old'),
  },
  {
    row: 'DS-27',
    name: 'somebody stops deletions after the first delete',
    secondary: [
      {
        on: deletion('gone'),
        react: first(({ store }) =>
          store.freezeDeletions({ secondary: SECONDARY_NAME, by: 'ops', reason: 'wait' }),
        ),
      },
    ],
    deleted: ['gone'],
    says: held('FROZEN', 'old'),
  },
];
