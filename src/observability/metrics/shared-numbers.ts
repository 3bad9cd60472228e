import type { LiveConfiguration } from '../../config/live-configuration.ts';
import type { JobQueue } from '../../jobs/job-queue.ts';
import type { LinkViewStore, SecondaryView, VerifiedTags } from '../../state/views/link-view.store.ts';
import type { ServiceMetrics } from './service-metrics.ts';

/** What the database knows, and every replica says alike. */
export interface SharedNumbers {
  readonly links: readonly {
    readonly link: string;
    readonly secondaries: readonly SecondaryView[];
    readonly verified: readonly VerifiedTags[];
    /** Whether the repositories of the primary were ever listed; before that "no difference" would say nothing. */
    readonly knowledge: 'listed' | 'none';
  }[];
  readonly queued: number;
  readonly active: number;
}

/**
 * Reads it, one link after the other and so on one connection at a time: those of the pool are there for the cycles.
 *
 * @throws {StateError} where the database cannot be had.
 */
export async function readSharedNumbers(
  configuration: LiveConfiguration,
  store: LinkViewStore,
  queue: JobQueue,
): Promise<SharedNumbers> {
  const links: SharedNumbers['links'][number][] = [];
  for (const { name: link, secondaries } of configuration.current.links) {
    const of = { link, secondaries: secondaries.map(({ name }) => name) };
    const view = await store.load(of);
    const knowledge = view.listedAt === null ? 'none' : 'listed';
    const verified = await store.verified(of);
    links.push({ link, secondaries: view.secondaries, verified, knowledge });
  }
  const counts = await queue.counts();
  const sum = (of: 'queued' | 'active'): number => counts.reduce((total, count) => total + count[of], 0);
  return { links, queued: sum('queued'), active: sum('active') };
}

/** Puts the numbers on the page; `undefined`, a link that left the configuration, and what is not known leave no line behind. */
export function showSharedNumbers(metrics: ServiceMetrics, numbers: SharedNumbers | undefined): void {
  const { tags, repositories, verifiedTags, queueJobs, lag, lastCycle, lastSuccess } = metrics;
  for (const gauge of [tags, repositories, verifiedTags, queueJobs]) gauge.reset();
  for (const gauge of [lag, lastCycle, lastSuccess]) gauge.reset();
  if (numbers === undefined) return;
  for (const { link, secondaries, verified, knowledge } of numbers.links) {
    for (const view of secondaries) showSecondary(metrics, { link, view, knowledge });
    for (const { secondary, ok, failed } of verified) {
      verifiedTags.set({ link, secondary, result: 'ok' }, ok);
      verifiedTags.set({ link, secondary, result: 'failed' }, failed);
    }
  }
  queueJobs.set({ state: 'queued' }, numbers.queued);
  queueJobs.set({ state: 'active' }, numbers.active);
}

function showSecondary(
  { tags, repositories, lag, lastCycle, lastSuccess }: ServiceMetrics,
  shown: {
    readonly link: string;
    readonly view: SecondaryView;
    readonly knowledge: 'listed' | 'none';
  },
): void {
  const { link, view, knowledge } = shown;
  const labels = { link, secondary: view.secondary };
  for (const [state, count] of Object.entries(view.tags)) tags.set({ ...labels, state }, count);
  for (const [state, count] of Object.entries(view.repositories))
    repositories.set({ ...labels, state }, count);
  if (knowledge === 'listed' || view.behindSince !== null) lag.set(labels, view.lagSeconds);
  if (view.lastCycle !== null) lastCycle.set(labels, seconds(view.lastCycle.finishedAt));
  if (view.lastSuccess !== null) lastSuccess.set(labels, seconds(view.lastSuccess.finishedAt));
}

function seconds(date: Date): number {
  return date.getTime() / 1000;
}
