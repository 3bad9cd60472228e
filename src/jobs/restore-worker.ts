import type { LinkConfiguration } from '../config/configuration.ts';
import type { LiveConfiguration } from '../config/live-configuration.ts';
import type { Reconciler } from '../reconciliation/reconciler.ts';
import type { RestoreEnd, RestoreRecord, TagRestoreStore } from '../state/tag-restore.store.ts';
import type { DeletionViewStore } from '../state/views/deletion-view.store.ts';
import type { ServiceLog } from './service-log.ts';

export interface RestoreWorkerParts {
  readonly configuration: LiveConfiguration;
  readonly restores: TagRestoreStore;
  readonly deletions: DeletionViewStore;
  readonly reconciler: Reconciler;
  readonly log: ServiceLog;
}

/** Puts deleted tags back, one for each job. Doing it twice does no harm. */
export class RestoreWorker {
  readonly #parts: RestoreWorkerParts;
  readonly #end = new AbortController();

  constructor(parts: RestoreWorkerParts) {
    this.#parts = parts;
  }

  /** @throws when the job is to come back: it was cut off, or the state cannot be had. */
  async work(deletionId: string): Promise<void> {
    const { configuration, restores, log } = this.#parts;
    const wish = await restores.load(deletionId);
    if (wish?.state !== 'asked') return;
    const link = configuration.link(wish.link);
    // Another replica may know the link already, or still: the sweeper keeps asking.
    if (link === undefined) return;
    const end = await this.#restore(wish, link);
    this.#end.signal.throwIfAborted();
    await restores.end(deletionId, end);
    const { secondary, repository, tag, askedBy } = wish;
    const of = { deletion: deletionId, link: link.name, secondary, repository, tag, by: askedBy };
    log.info({ ...of, ...end }, 'a restore has ended');
  }

  /** Cuts off what is under way; it begins anew elsewhere. */
  close(): void {
    this.#end.abort();
  }

  async #restore(wish: RestoreRecord, link: LinkConfiguration): Promise<RestoreEnd> {
    const { reconciler, deletions } = this.#parts;
    const { secondary, repository: secondaryRepository, tag, digest } = wish;
    const registry = link.secondaries.find(({ name }) => name === secondary);
    if (registry === undefined) {
      const detail = `${secondary} is no secondary of link ${link.name} any more`;
      return { state: 'refused', content: null, detail };
    }
    const primaryRepository = await deletions.primaryRepository(wish);
    const order = { secondaryRepository, primaryRepository, tag, digest };
    const restored = await reconciler.restoreTag(link, registry, order, this.#end.signal);
    return restored.kind === 'restored'
      ? { state: 'done', content: restored.content, detail: restored.detail }
      : { state: 'refused', content: null, detail: restored.detail };
  }
}
