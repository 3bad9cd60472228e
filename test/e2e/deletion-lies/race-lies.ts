import { deleteTag } from '../../builders/push-content.ts';
import type { Lie } from './lie.ts';
import { IMAGES, type Stage } from './stage.ts';
import { deletion, error, first, getOf, headOf, lookUp, tagList, type Target } from './tricks.ts';

const held = (reason: string, ...tags: readonly string[]): string[] =>
  tags.map((tag) => `${tag} delete-orphan-tag held ${reason}`);

const pushed = (stage: Stage): Promise<void> => stage.push('primary', 'gone', IMAGES.other);

/** Somebody pushes `gone` to the primary at one moment. */
function pushedAgain(
  name: string,
  where: { readonly side: 'primary' | 'secondary'; readonly on: Target; readonly from?: number },
  { says, copied = false }: { readonly says: readonly string[]; readonly copied?: boolean },
): Lie {
  const { side, on, from = 1 } = where;
  return {
    row: 'DS-02',
    name: `a tag is pushed to the primary again ${name}`,
    [side]: [{ on, from, times: 1, react: first(pushed) }],
    deleted: ['old'],
    says,
    ...(copied ? { changed: { gone: IMAGES.other.root.digest } } : {}),
  };
}

const moved = (stage: Stage): Promise<void> => stage.push('secondary', 'gone', IMAGES.other);

/** Somebody pushes something else under `gone` on the secondary at one moment. */
function pushedThere(name: string, on: Target, from = 1, side: 'primary' | 'secondary' = 'secondary'): Lie {
  return {
    row: 'DS-12',
    name: `something else is pushed under an orphan of the secondary ${name}`,
    [side]: [{ on, from, times: 1, react: first(moved) }],
    deleted: ['old'],
    says: held('SECONDARY_CHANGED', 'gone'),
    changed: { gone: IMAGES.other.root.digest },
  };
}

const stillThere = held('PRIMARY_STILL_HAS_TAG', 'gone');
const copiedAtOnce = ['gone delete-orphan-tag skipped PRIMARY_STILL_HAS_TAG', 'gone copy-tag done'];

/** What happens between two requests of one cycle. */
export const RACE_LIES: readonly Lie[] = [
  pushedAgain('while its tags are looked at', { side: 'primary', on: headOf('live') }, { says: stillThere }),
  pushedAgain('while the secondary is listed', { side: 'secondary', on: tagList }, { says: stillThere }),
  pushedAgain(
    'while the siblings are looked for',
    { side: 'secondary', on: tagList, from: 2 },
    { says: stillThere },
  ),
  pushedAgain(
    'while the control tag is asked for',
    { side: 'primary', on: headOf('keep'), from: 2 },
    { says: stillThere },
  ),
  pushedAgain('while it is asked for', { side: 'primary', on: headOf('gone') }, { says: stillThere }),
  pushedAgain(
    'between the HEAD and the GET of it',
    { side: 'primary', on: getOf('gone') },
    { says: stillThere },
  ),
  pushedAgain(
    'after it was asked for',
    { side: 'primary', on: headOf('keep'), from: 3 },
    { says: copiedAtOnce, copied: true },
  ),
  pushedAgain(
    'while the secondary is asked for it at last',
    { side: 'secondary', on: headOf('gone'), from: 2 },
    { says: copiedAtOnce, copied: true },
  ),
  pushedAgain(
    'while it is deleted',
    { side: 'secondary', on: deletion('gone') },
    { says: copiedAtOnce, copied: true },
  ),
  pushedAgain(
    'while its deletion is read back',
    { side: 'secondary', on: headOf('gone'), from: 3 },
    { says: copiedAtOnce, copied: true },
  ),

  pushedThere('while the siblings are looked for', tagList, 2),
  pushedThere('while the primary is asked for the control tag', headOf('keep'), 2, 'primary'),
  pushedThere('while the primary is asked for it', getOf('gone'), 1, 'primary'),
  pushedThere('while it is asked for at last', headOf('gone'), 2),
  {
    row: 'DS-12',
    name: 'a live tag of the secondary is moved to the image of an orphan, and moves back in the next cycle',
    cycles: 2,
    secondary: [
      {
        cycle: 1,
        on: tagList,
        from: 2,
        times: 1,
        react: first((stage) => stage.push('secondary', 'live', IMAGES.shared)),
      },
    ],
    deleted: ['gone', 'old'],
    says: ['live move-tag done'],
  },
  {
    row: 'DS-12',
    name: 'somebody else deletes an orphan first',
    primary: [
      {
        on: getOf('old'),
        react: first(({ backstage, repository }) => deleteTag(backstage.secondary, repository, 'old')),
      },
    ],
    deleted: ['gone', 'old'],
    says: held('SECONDARY_CHANGED', 'old'),
  },
  {
    row: 'DS-18',
    name: 'somebody else deletes an orphan in the moment of its deletion',
    secondary: [
      {
        on: deletion('old'),
        react: first(({ backstage, repository }) => deleteTag(backstage.secondary, repository, 'old')),
      },
    ],
    deleted: ['gone', 'old'],
    says: [],
  },
  {
    row: 'DS-06',
    name: 'a tag that moves during the cycle cannot be copied',
    prepare: (stage) => stage.push('primary', 'keep', IMAGES.other),
    primary: [{ on: lookUp(IMAGES.other.root.digest), react: error(404, 'MANIFEST_UNKNOWN') }],
    deleted: [],
    says: ['keep move-tag failed MISSING_CONTENT', ...held('COPY_FAILED', 'gone', 'old')],
  },
];
