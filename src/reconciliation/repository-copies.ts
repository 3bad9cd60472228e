import type { Digest } from '../oci/digest.ts';
import type { Tag } from '../oci/reference.ts';
import type { TagEntry } from '../oci/tag-map.ts';
import type { CopyContext } from '../execution/copy-context.ts';
import type { CopyTask } from '../execution/executor.ts';
import { TransferTally } from '../execution/transfer-tally.ts';
import type { RepositoryReading } from '../inventory/repository-reader.ts';
import type { TagDifference } from '../planning/diff-tag-maps.ts';
import type { RepositoryPlan } from '../planning/repository-plan.ts';
import type { PlanStep, StepOutcome } from '../planning/step.ts';
import type { LinkContext, SecondaryContext } from './link-context.ts';
import { findMissingReferrers } from './missing-referrers.ts';
import type { OrphanQuestion } from './orphan-question.ts';
import type { StepLedger } from './step-ledger.ts';

/** The copies of one repository to one secondary, through one cycle. */
export class RepositoryCopies {
  readonly tally: TransferTally;
  readonly #context: LinkContext;
  readonly #secondary: SecondaryContext;
  readonly #of: Pick<OrphanQuestion, 'primaryRepository' | 'secondaryRepository'>;
  readonly #ledger: StepLedger;
  /** Copies that a deletion asked for; written down behind it, so that they have the last word on their tags. */
  readonly #copiedAgain: StepOutcome[] = [];

  constructor(
    context: LinkContext,
    secondary: SecondaryContext,
    of: Pick<OrphanQuestion, 'primaryRepository' | 'secondaryRepository'>,
    ledger: StepLedger,
  ) {
    this.#context = context;
    this.#secondary = secondary;
    this.#of = of;
    this.#ledger = ledger;
    this.tally = new TransferTally((bytes) => context.observer.bytesCopied(secondary.name, bytes));
  }

  /** Tags to copy, each with the referrers that must be there first, and tags in sync that lack some. */
  async plan({
    plan,
    differences,
  }: {
    readonly plan: RepositoryPlan;
    readonly differences: readonly TagDifference[];
  }): Promise<readonly CopyTask[]> {
    const missing = await this.#findMissingReferrers(differences);
    const copies = plan.copies.map((copy) => ({ copy, referrers: missing.get(copy.tag) ?? [] }));
    const copied = new Set(plan.copies.map(({ tag }) => tag));
    const rest = [...missing].filter(([tag]) => !copied.has(tag));
    return [...copies, ...rest.map(([, referrers]) => ({ copy: undefined, referrers }))];
  }

  async #findMissingReferrers(
    differences: readonly TagDifference[],
  ): Promise<ReadonlyMap<Tag, readonly PlanStep[]>> {
    if (this.#context.link.policy.referrers === 'none') return new Map();
    const { byTag, failures } = await findMissingReferrers(differences, this.#of, {
      link: this.#context,
      secondary: this.#secondary,
    });
    failures.forEach((step) => this.#ledger.end(step));
    return byTag;
  }

  /** Carries copies out: those that repair with every byte looked at. */
  async copy(tasks: readonly CopyTask[], repairs: ReadonlySet<Tag>): Promise<void> {
    const isRepair = ({ copy }: CopyTask): boolean => copy !== undefined && repairs.has(copy.tag);
    const plain = tasks.filter((task) => !isRepair(task));
    await this.#walk(plain, 'trusting');
    await this.#walk(tasks.filter(isRepair), 'repairing');
  }

  async #walk(tasks: readonly CopyTask[], walk: CopyContext['walk']): Promise<void> {
    const outcomes = await this.#secondary.executor.copy(tasks, this.#copyContext(walk), (step) =>
      this.#ledger.tell(step),
    );
    this.#ledger.keep(outcomes);
  }

  #copyContext(walk: CopyContext['walk']): CopyContext {
    return {
      ...this.#of,
      tally: this.tally,
      walk,
      prepare: ({ primaryDigest }) =>
        this.#context.content.prepare(this.#of.primaryRepository, primaryDigest),
    };
  }

  /** Copies a tag that is there no more although it was; nothing that was seen of its content counts. */
  async copyAgain(
    primary: RepositoryReading | undefined,
    tag: Tag,
    justSeen?: Digest,
  ): Promise<StepOutcome | undefined> {
    const entry = await this.#expectedEntry(primary, tag, justSeen);
    if (entry?.kind !== 'resolved') return undefined;
    const { digest: primaryDigest, expectedDigest } = entry;
    const step: PlanStep = {
      kind: 'copy-tag',
      tag,
      primaryDigest,
      secondaryDigest: null,
      ...(expectedDigest === undefined ? {} : { expectedDigest }),
    };
    const [outcome] = await this.#secondary.executor.copy(
      [{ copy: step, referrers: [] }],
      this.#copyContext('doubting'),
      (ended) => this.#ledger.tell(ended),
    );
    if (outcome !== undefined) this.#copiedAgain.push(outcome);
    return outcome;
  }

  async #expectedEntry(
    primary: RepositoryReading | undefined,
    tag: Tag,
    justSeen: Digest | undefined,
  ): Promise<TagEntry | undefined> {
    if (primary === undefined || justSeen === undefined) return primary?.tags.get(tag);
    const seen = {
      ...primary,
      tags: new Map<Tag, TagEntry>([[tag, { kind: 'resolved', digest: justSeen }]]),
    };
    const expected = await this.#context.content.expect(seen, this.#of.primaryRepository, new Map());
    return expected.tags.get(tag);
  }

  /** The copies that deletions have asked for since the last call. */
  takeCopiedAgain(): readonly StepOutcome[] {
    return this.#copiedAgain.splice(0);
  }
}
