import type { Tag } from '../oci/reference.ts';
import { describePattern, matches, matchesAny, type Pattern } from './pattern.ts';
import { createdFirst, newestFirst } from './tag-order.ts';

/** Which tags of a repository a link replicates; a tag must be included, not excluded, and among the newest. */
export interface TagFilter {
  readonly include: readonly Pattern[] | 'all';
  readonly exclude: readonly Pattern[];
  /** How many of the tags that pass `include` and `exclude` are kept. */
  readonly newest?: Newest;
  /** What of all that is asked for now; `undefined`: everything. The policy is the same with it and without. */
  readonly narrowedTo?: readonly Pattern[];
}

/** `version`: by the order of {@link newestFirst}; `created`: by that of {@link createdFirst}. */
export interface Newest {
  readonly count: number;
  readonly by: 'version' | 'created';
}

/**
 * When what a tag stands for was created; `null`: it does not say. A tag that is not in here has no place in the order, because
 * what it stands for is not there to be asked.
 */
export type CreationTimes = ReadonlyMap<Tag, Date | null>;

/** Why tags are left out that the policy replicates, only not now. */
export const NOT_ASKED_FOR = 'is not among the tags that were asked for';

/** A tag that the filter leaves out; `message` names the rule. */
export interface DroppedTag {
  readonly tag: Tag;
  readonly reason: 'FILTERED_TAG' | 'FILTERED_PLATFORM';
  readonly message: string;
}

/** Every tag of a listing, either selected or dropped, in the order of the listing. */
export interface TagSelection {
  readonly selected: readonly Tag[];
  readonly dropped: readonly DroppedTag[];
}

export const ALL_TAGS: TagFilter = { include: 'all', exclude: [] };

/**
 * Which tags of the primary are replicated.
 *
 * Tags that belong to an image by name (`isDigestTag` of `oci/reference.ts`: referrers tags, cosign's signatures) are tags
 * like any other here. A caller that lets referrers follow their subject takes them out of `tags` first and adds those
 * of selected subjects afterwards; `newest` then counts none of them.
 *
 * @param createdAt of every tag that passes `include` and `exclude`, where `newest` goes by creation time. A tag without an entry
 *   is selected and takes no place among the newest: whoever looks closer says what is wrong with it.
 */
export function selectTags(
  filter: TagFilter,
  tags: readonly Tag[],
  createdAt: CreationTimes = new Map(),
): TagSelection {
  const newest = newestOf(filter, tags, createdAt);
  return divide(
    tags,
    (tag) =>
      ruleAgainst(filter, tag) ?? (newest.has(tag) ? undefined : tooOld(filter)) ?? narrowing(filter, tag),
  );
}

/**
 * Which tags of the secondary are looked at: a selected tag that the primary lacks is an orphan, a dropped tag never is.
 *
 * Dropped is what `include` or `exclude` keep out, and what the primary still has but `newest` dropped there
 * (`primarySelection.dropped`): a secondary may keep more than the newest. A tag that the primary no longer has is
 * selected whatever its age, because `newest` counts the tags of the primary only.
 */
export function selectSecondaryTags(
  filter: TagFilter,
  secondaryTags: readonly Tag[],
  primarySelection: TagSelection,
): TagSelection {
  const droppedOnPrimary = new Map(primarySelection.dropped.map(({ tag, message }) => [tag, message]));
  return divide(
    secondaryTags,
    (tag) => ruleAgainst(filter, tag) ?? droppedOnPrimary.get(tag) ?? narrowing(filter, tag),
  );
}

/** Whether `include` and `exclude` let a tag through; `newest` needs the whole listing and has no say here. */
export function isTagInFilter(filter: TagFilter, tag: Tag): boolean {
  return ruleAgainst(filter, tag) === undefined;
}

function divide(tags: readonly Tag[], ruleAgainstTag: (tag: Tag) => string | undefined): TagSelection {
  const selected: Tag[] = [];
  const dropped: DroppedTag[] = [];
  for (const tag of tags) {
    const message = ruleAgainstTag(tag);
    if (message === undefined) selected.push(tag);
    else dropped.push({ tag, reason: 'FILTERED_TAG', message });
  }
  return { selected, dropped };
}

function ruleAgainst(filter: TagFilter, tag: Tag): string | undefined {
  if (filter.include !== 'all' && !matchesAny(filter.include, tag)) return 'matches no include pattern';
  const exclude = filter.exclude.find((pattern) => matches(pattern, tag));
  return exclude === undefined ? undefined : `matches the exclude pattern ${describePattern(exclude)}`;
}

function narrowing({ narrowedTo }: TagFilter, tag: Tag): string | undefined {
  return narrowedTo === undefined || matchesAny(narrowedTo, tag) ? undefined : NOT_ASKED_FOR;
}

function newestOf(filter: TagFilter, tags: readonly Tag[], createdAt: CreationTimes): ReadonlySet<Tag> {
  const passing = tags.filter((tag) => isTagInFilter(filter, tag));
  if (filter.newest === undefined) return new Set(passing);
  const { count, by } = filter.newest;
  if (by === 'version') return new Set(passing.sort(newestFirst).slice(0, count));
  const placed = passing.filter((tag) => createdAt.has(tag)).sort(createdFirst(createdAt));
  return new Set([...placed.slice(0, count), ...passing.filter((tag) => !createdAt.has(tag))]);
}

function tooOld({ newest }: TagFilter): string {
  const order = newest?.by === 'created' ? ' by creation time' : '';
  return `is not among the ${newest?.count ?? 0} newest tags${order}`;
}
