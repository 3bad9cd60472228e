import type { LinkConfiguration } from '../config/configuration.ts';
import type { Executor } from '../execution/executor.ts';
import type { PrimaryContent } from '../execution/primary-content.ts';
import type { TagDeleter } from '../execution/tag-deleter.ts';
import type { ReferrersLister } from '../inventory/referrers-lister.ts';
import type { RegistryClient } from '../registry/registry-client.ts';
import type { StateStore } from '../state/state-store.ts';
import type { Clock } from '../time/clock.ts';
import type { PullabilityVerifier } from '../verification/pullability-verifier.ts';
import type { CapabilityMemory } from './capability-memory.ts';
import type { ContentFilter } from './content-filter.ts';
import type { CycleObserver, LinkName } from './cycle-observer.ts';
import type { CycleWork } from './cycle-request.ts';
import type { LinkCatalog } from './link-catalog.ts';
import type { Neighbour } from './neighbour.ts';

/** What every repository of a link shares during one cycle. */
export interface LinkContext {
  readonly link: LinkConfiguration;
  readonly work: CycleWork;
  readonly cycleId: string;
  /** Hash of what decides which tags are expected. */
  readonly policyHash: string;
  readonly primary: RegistryClient;
  /** The primary's content as the copiers of all secondaries read it. */
  readonly primaryContent: PrimaryContent;
  readonly primaryReferrers: ReferrersLister;
  readonly primaryCapabilities: CapabilityMemory;
  readonly neighbours: readonly Neighbour[];
  readonly content: ContentFilter;
  readonly store: StateStore;
  /** What the link has brought to its secondaries. */
  readonly catalog: LinkCatalog;
  readonly clock: Clock;
  readonly observer: CycleObserver;
  /** `recorded`: what a verification finds is written down, so that the next cycle mends it. */
  readonly verifications: 'recorded' | 'unrecorded';
  /** `some-tags`: the tag filter is narrowed, so nothing may be concluded about the repository as a whole. */
  readonly extent: 'whole' | 'some-tags';
  /** `interrupted`: a run before this one was cut off and may have written what nobody remembers. */
  readonly history: 'clean' | 'interrupted';
}

/** One secondary of a link during one cycle, with everything that learns from one repository for the next. */
export interface SecondaryContext {
  readonly name: LinkName;
  readonly client: RegistryClient;
  readonly executor: Executor;
  readonly deleter: TagDeleter;
  readonly referrers: ReferrersLister;
  readonly capabilities: CapabilityMemory;
  /** `undefined` where only tags are compared. */
  readonly verifier: PullabilityVerifier | undefined;
}
