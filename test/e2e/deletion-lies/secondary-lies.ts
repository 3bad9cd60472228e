import { deleteManifest, deleteTag } from '../../builders/push-content.ts';
import type { Lie } from './lie.ts';
import { IMAGES, SECONDARY_NAME } from './stage.ts';
import {
  bare,
  body,
  deletion,
  digestDeletion,
  doneBut,
  error,
  first,
  getOf,
  headOf,
  html,
  instead,
  listed,
  lookUp,
  plain,
  putOf,
  silence,
  tagList,
  type Reaction,
  type Trick,
} from './tricks.ts';

const held = (reason: string, ...tags: readonly string[]): string[] =>
  tags.map((tag) => `${tag} delete-orphan-tag held ${reason}`);
const ended = (outcome: string, reason: string, ...tags: readonly string[]): string[] =>
  tags.map((tag) => `${tag} delete-orphan-tag ${outcome} ${reason}`);

const unsupported = ended('skipped', 'TAG_DELETE_UNSUPPORTED', 'gone', 'old');

/** What the secondary makes of the deletion of `gone`. */
function deleting(
  row: Lie['row'],
  name: string,
  react: Reaction,
  rest: Pick<Lie, 'deleted' | 'says'> & Partial<Pick<Trick, 'times'>>,
): Lie {
  const { deleted, says, ...when } = rest;
  return {
    row,
    name: `to a deletion the secondary says ${name}`,
    secondary: [{ on: deletion('gone'), react, ...when }],
    deleted,
    says,
  };
}

const failed = (reason: string): Pick<Lie, 'deleted' | 'says'> => ({
  deleted: ['old'],
  says: ended('failed', reason, 'gone'),
});
const done: Pick<Lie, 'deleted' | 'says'> = { deleted: ['gone', 'old'], says: [] };

/** The registry deletes what a tag stands for, and all tags of it with it. */
const byDigest = (digest: string): Reaction =>
  instead((_stage, path) => ({ path: path.replace(/[^/]+$/, digest) }));

const takesTwin = deletion('gone');

/** A secondary that refuses names: what it makes of tombstones. */
function tombstone(
  name: string,
  tricks: readonly Trick[],
  rest: Pick<Lie, 'deleted' | 'says'> & Partial<Lie>,
): Lie {
  return {
    row: 'DS-16',
    name: `where only digests are deleted, ${name}`,
    policy: { fallback: 'tombstone' },
    secondary: [...tricks, { on: deletion(), react: error(400, 'DIGEST_INVALID') }],
    ...rest,
  };
}

/** What the secondary says and does. */
export const SECONDARY_LIES: readonly Lie[] = [
  deleting('DS-17', '202 and does nothing', bare(202), failed('VERIFY_FAILED')),
  deleting('DS-17', '200 with a login page and does nothing', html(), failed('VERIFY_FAILED')),
  deleting('DS-17', '204 and does nothing', bare(204), failed('VERIFY_FAILED')),
  deleting('DS-17', '200, and does it', doneBut(body({})), done),
  deleting('DS-17', '500, and does it', doneBut(error(500, 'UNKNOWN')), done),
  deleting('DS-17', '502 as a page, and does it', doneBut(html(502)), done),
  deleting('DS-17', 'nothing, and does it', doneBut(silence), done),
  deleting('DS-17', '500 once, and does nothing', error(500, 'UNKNOWN'), { ...done, times: 1 }),
  deleting('DS-17', 'nothing once, and does nothing', silence, { ...done, times: 1 }),
  deleting('DS-17', '500 for ever', error(500, 'UNKNOWN'), failed('SERVER_ERROR')),
  deleting('DS-17', '503 for ever', bare(503), failed('SERVER_ERROR')),
  deleting('DS-17', 'nothing for ever', silence, failed('NETWORK')),
  deleting('DS-17', '429 for ever', error(429, 'TOOMANYREQUESTS'), failed('RATE_LIMITED')),
  deleting(
    'DS-18',
    '404 MANIFEST_UNKNOWN, and does nothing',
    error(404, 'MANIFEST_UNKNOWN'),
    failed('VERIFY_FAILED'),
  ),
  deleting(
    'DS-18',
    '404 in plain text, and does nothing',
    plain(404, '404 page not found'),
    failed('VERIFY_FAILED'),
  ),
  deleting('DS-18', '404 NAME_UNKNOWN, and does it', doneBut(error(404, 'NAME_UNKNOWN')), done),
  deleting('DS-19', '401', error(401, 'UNAUTHORIZED'), failed('UNAUTHORIZED')),
  deleting('DS-19', '403', error(403, 'DENIED'), failed('FORBIDDEN')),
  deleting('DS-19', '400 DIGEST_INVALID', error(400, 'DIGEST_INVALID'), { deleted: [], says: unsupported }),
  deleting('DS-19', '400 UNSUPPORTED', error(400, 'UNSUPPORTED'), { deleted: [], says: unsupported }),
  deleting('DS-19', '405 UNSUPPORTED', error(405, 'UNSUPPORTED'), { deleted: [], says: unsupported }),
  deleting('DS-19', '405 in plain text', plain(405, 'Method not allowed'), failed('TARGET_READ_ONLY')),
  deleting(
    'DS-20',
    '400 GOOGLE_MANIFEST_DANGLING_TAG',
    error(400, 'GOOGLE_MANIFEST_DANGLING_TAG'),
    failed('MALFORMED_RESPONSE'),
  ),
  deleting('DS-20', '405 DENIED', error(405, 'DENIED'), failed('FORBIDDEN')),
  deleting('DS-20', '409', error(409, 'CONFLICT'), failed('TAG_IMMUTABLE')),
  {
    row: 'DS-22',
    name: 'deletions are off',
    policy: { orphans: 'off' },
    deleted: [],
    says: ended('skipped', 'DELETIONS_OFF', 'gone', 'old'),
  },
  {
    row: 'DS-22',
    name: 'orphans are to be reported',
    policy: { orphans: 'report' },
    deleted: [],
    says: ended('skipped', 'REPORT_ONLY', 'gone', 'old'),
  },
  {
    row: 'DS-13',
    name: 'the secondary deletes the manifest, and so the twin of the orphan',
    secondary: [{ on: takesTwin, react: byDigest(IMAGES.shared.root.digest) }],
    deleted: ['gone'],
    says: ['gone delete-orphan-tag failed VERIFY_FAILED', 'twin copy-tag done', ...held('FROZEN', 'old')],
  },
  {
    row: 'DS-13',
    name: 'the secondary deletes every tag of the image, and keeps the manifest',
    secondary: [
      {
        on: takesTwin,
        react: first(({ backstage, repository }) => deleteTag(backstage.secondary, repository, 'twin')),
      },
    ],
    deleted: ['gone'],
    says: ['gone delete-orphan-tag failed VERIFY_FAILED', ...held('FROZEN', 'old')],
  },
  {
    row: 'DS-13',
    name: 'the secondary deletes another tag than it was told',
    secondary: [
      { on: deletion('gone'), react: instead((_stage, path) => ({ path: path.replace(/gone$/, 'live') })) },
    ],
    deleted: [],
    says: ['gone delete-orphan-tag failed VERIFY_FAILED', ...held('FROZEN', 'old')],
  },
  {
    row: 'DS-13',
    name: 'the secondary deletes a live tag besides',
    secondary: [
      {
        on: deletion('gone'),
        react: first(({ backstage, repository }) =>
          deleteManifest(backstage.secondary, repository, IMAGES.live.root.digest),
        ),
      },
    ],
    deleted: ['gone'],
    says: ['gone delete-orphan-tag failed VERIFY_FAILED', 'live copy-tag done', ...held('FROZEN', 'old')],
  },
  {
    row: 'DS-13',
    name: 'a tag that was pushed after the listing goes with the orphan',
    secondary: [
      {
        on: tagList,
        from: 2,
        times: 1,
        react: first((stage) => stage.push('secondary', 'newcomer', IMAGES.shared)),
      },
      {
        on: deletion('gone'),
        react: first(({ backstage, repository }) => deleteTag(backstage.secondary, repository, 'newcomer')),
      },
    ],
    deleted: ['gone'],
    says: ['gone delete-orphan-tag failed VERIFY_FAILED', ...held('FROZEN', 'old')],
    changed: { newcomer: IMAGES.shared.root.digest },
  },
  {
    row: 'DS-13',
    name: 'a tag that is copied in this cycle goes with the orphan of the same image',
    prepare: (stage) => stage.push('primary', 'copied', IMAGES.shared),
    secondary: [{ on: takesTwin, react: byDigest(IMAGES.shared.root.digest) }],
    deleted: ['gone'],
    says: [
      'copied copy-tag done',
      'copied copy-tag done',
      'gone delete-orphan-tag failed VERIFY_FAILED',
      ...held('FROZEN', 'old'),
    ],
    changed: { copied: IMAGES.shared.root.digest },
  },
  {
    row: 'DS-13',
    name: 'the twin does not answer for a while after the deletion',
    secondary: [{ on: lookUp('twin'), from: 3, times: 2, react: error(404, 'MANIFEST_UNKNOWN') }],
    deleted: ['gone', 'old'],
    says: [],
  },
  {
    row: 'DS-13',
    name: 'deletions stay stopped in the next cycle after a twin was lost',
    cycles: 2,
    secondary: [{ cycle: 1, on: takesTwin, react: byDigest(IMAGES.shared.root.digest) }],
    deleted: ['gone'],
    says: held('FROZEN', 'old'),
  },
  {
    row: 'DS-12',
    name: 'the secondary shows another digest for the orphan at last',
    secondary: [
      {
        on: headOf('gone'),
        from: 2,
        react: (exchange) => exchange.ask({ path: exchange.path.replace('gone', 'live') }),
      },
    ],
    deleted: ['old'],
    says: held('SECONDARY_CHANGED', 'gone'),
  },
  {
    row: 'DS-12',
    name: 'the secondary does not answer for the orphan at last',
    secondary: [
      { on: headOf('gone'), from: 2, react: bare(404) },
      { on: getOf('gone'), react: plain(404, 'not here') },
    ],
    deleted: ['old'],
    says: held('SECONDARY_CHANGED', 'gone'),
  },
  {
    row: 'DS-04',
    name: "the secondary's list is a login page",
    secondary: [{ on: tagList, react: html() }],
    deleted: [],
    says: ['- secondary MALFORMED_RESPONSE'],
  },
  {
    row: 'DS-04',
    name: "the secondary's list is short, and all that it hides is in sync",
    secondary: [{ on: tagList, times: 1, react: listed((tags) => tags.filter((tag) => tag !== 'live')) }],
    deleted: ['gone', 'old'],
    says: ['live copy-tag done'],
  },
  {
    row: 'DS-04',
    name: 'the secondary says NAME_UNKNOWN to its list',
    secondary: [{ on: tagList, times: 1, react: error(404, 'NAME_UNKNOWN') }],
    deleted: [],
    says: ['keep copy-tag done', 'live copy-tag done', 'twin copy-tag done'],
  },
  {
    row: 'DS-04',
    name: 'the secondary cannot be listed right before a deletion',
    secondary: [{ on: tagList, from: 2, react: html(503) }],
    deleted: [],
    says: ended('failed', 'SERVER_ERROR', 'gone', 'old'),
  },
  {
    row: 'DS-27',
    name: 'deletions are stopped before the cycle',
    prepare: ({ store }) => store.freezeDeletions({ secondary: SECONDARY_NAME, by: 'ops', reason: null }),
    deleted: [],
    says: held('FROZEN', 'gone', 'old'),
  },
  tombstone('a tombstone takes exactly its tag', [], { deleted: ['gone', 'old'], says: [] }),
  tombstone('no digest is deleted either', [{ on: digestDeletion, react: error(405, 'UNSUPPORTED') }], {
    deleted: [],
    says: unsupported,
  }),
  tombstone('digests are deleted in word alone', [{ on: digestDeletion, react: bare(202) }], {
    deleted: [],
    says: unsupported,
    leaves: ['geo-reconciler-scratch'],
  }),
  tombstone(
    'the tombstone is put, and its answer is lost',
    [{ on: putOf('gone'), times: 1, react: doneBut(error(500, 'UNKNOWN')) }],
    { deleted: ['gone', 'old'], says: [] },
  ),
  tombstone(
    'the tombstone cannot be deleted once it is put: the next cycle does it',
    [{ cycle: 1, on: digestDeletion, from: 3, react: error(500, 'UNKNOWN') }],
    { cycles: 2, deleted: ['gone', 'old'], says: [] },
  ),
  tombstone(
    'the primary gets the tag under which a tombstone was left: the next cycle copies it',
    [
      {
        cycle: 1,
        on: digestDeletion,
        from: 3,
        react: first((stage) => stage.push('primary', 'gone', IMAGES.other)),
      },
    ],
    {
      deleted: ['old'],
      says: ['gone delete-orphan-tag skipped PRIMARY_STILL_HAS_TAG', 'gone copy-tag done'],
      changed: { gone: IMAGES.other.root.digest },
    },
  ),
];
