import type { Digest } from '../oci/digest.ts';
import type { RepositoryName, Tag } from '../oci/reference.ts';
import type { RegistryClient } from '../registry/registry-client.ts';
import { copyFailureOf, CopyError } from './copy-failure.ts';
import { lookUpManifest } from './deletion-evidence.ts';
import type { Executor } from './executor.ts';
import { NOTHING_PREPARED } from './prepared-content.ts';
import { TransferTally } from './transfer-tally.ts';

/** A tag that was deleted and is to stand again for what it stood for. */
export interface RestoreOrder {
  readonly secondaryRepository: RepositoryName;
  /** `undefined`: nobody remembers it, so only the secondary can have the content. */
  readonly primaryRepository: RepositoryName | undefined;
  readonly tag: Tag;
  readonly digest: Digest;
}

/** `restored`: read back. `refused`: nothing was changed, or what was changed did not come to the tag. */
export type Restored =
  | { readonly kind: 'restored'; readonly content: 'secondary' | 'primary'; readonly detail: string }
  | { readonly kind: 'refused'; readonly detail: string };

export interface TagRestorerParts {
  readonly primary: RegistryClient;
  readonly secondary: RegistryClient;
  readonly executor: Executor;
  /** Walks everything below a digest of the secondary. @throws where some of it is not there. */
  readonly verify: (repository: RepositoryName, digest: Digest) => Promise<void>;
}

/**
 * Puts deleted tags of one secondary back: from the content that the secondary itself still has, as a deletion takes no more than
 * the tag, else from the primary. Doing it twice is doing it once.
 */
export class TagRestorer {
  readonly #parts: TagRestorerParts;

  constructor(parts: TagRestorerParts) {
    this.#parts = parts;
  }

  /** Never throws for a reason of the registries or of the content. */
  async restore(order: RestoreOrder): Promise<Restored> {
    try {
      const standing = await this.#lookAround(order);
      if (standing !== undefined) return standing;
      const own = await this.#putFromSecondary(order);
      return own.kind === 'restored' ? own : await this.#copyFromPrimary(order, own.detail);
    } catch (error) {
      return refused(copyFailureOf(error).message);
    }
  }

  /** Nothing is put over what somebody else has put there, or what the next cycle would put there. */
  async #lookAround(order: RestoreOrder): Promise<Restored | undefined> {
    const { primary, secondary } = this.#parts;
    const { secondaryRepository, primaryRepository, tag, digest } = order;
    const there = await lookUpManifest(secondary, secondaryRepository, tag);
    if (there.kind === 'present') {
      return there.digest === digest
        ? { kind: 'restored', content: 'secondary', detail: 'the tag is there, and stands for it' }
        : refused(`the tag is there again and stands for other content, ${there.digest}`);
    }
    if (primaryRepository === undefined) return undefined;
    const above = await lookUpManifest(primary, primaryRepository, tag);
    return above.kind === 'present'
      ? refused('the primary has the tag: the next cycle brings it over from there')
      : undefined;
  }

  async #putFromSecondary(order: RestoreOrder): Promise<Restored> {
    const { secondary, verify } = this.#parts;
    const { secondaryRepository, tag, digest } = order;
    try {
      const document = await secondary.manifests.get(secondaryRepository, digest);
      await verify(secondaryRepository, digest);
      await secondary.manifests.put(secondaryRepository, tag, document);
      await this.#readBack(order);
      return { kind: 'restored', content: 'secondary', detail: 'put back from content of the secondary' };
    } catch (error) {
      // Whatever is wrong with what the secondary has, the primary may have it whole.
      return refused(error instanceof Error ? error.message : String(error));
    }
  }

  async #copyFromPrimary(order: RestoreOrder, ownTrouble: string): Promise<Restored> {
    const { primaryRepository, secondaryRepository, tag, digest } = order;
    const without = `the secondary does not have the content whole any more (${ownTrouble})`;
    if (primaryRepository === undefined)
      return refused(`${without}, and nobody knows its primary repository`);
    const copy = { kind: 'copy-tag', tag, primaryDigest: digest, secondaryDigest: null } as const;
    const [outcome] = await this.#parts.executor.copy(
      [{ copy, referrers: [] }],
      {
        primaryRepository,
        secondaryRepository,
        tally: new TransferTally(() => undefined),
        // What is there may be what was found to be broken.
        walk: 'doubting',
        prepare: () => Promise.resolve(NOTHING_PREPARED),
      },
      () => undefined,
    );
    if (outcome?.outcome !== 'done')
      return refused(`${without}, and the primary neither (${outcome?.message ?? 'nothing was copied'})`);
    await this.#readBack(order);
    return { kind: 'restored', content: 'primary', detail: 'copied from the primary' };
  }

  async #readBack({ secondaryRepository, tag, digest }: RestoreOrder): Promise<void> {
    const found = await lookUpManifest(this.#parts.secondary, secondaryRepository, tag);
    if (found.kind !== 'present' || found.digest !== digest)
      throw new CopyError('VERIFY_FAILED', `the secondary took ${tag} and does not show it`);
  }
}

function refused(detail: string): Restored {
  return { kind: 'refused', detail };
}
