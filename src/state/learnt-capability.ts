import type { Capability, CapabilityState } from '../oci/capability.ts';

/** A registry as it is remembered: behind another address there is another one. */
export interface RegistryAddress {
  readonly name: string;
  /** Scheme, host and port. */
  readonly origin: string;
}

/** What a registry was seen to do or to refuse. */
export interface LearntCapability extends RegistryAddress {
  readonly capability: Capability;
  readonly state: CapabilityState;
  readonly learntAt: Date;
}

/**
 * How long a registry is taken at its word (failure modes DS-14 and DS-19). Registries are upgraded and set up anew: a day is soon
 * enough to notice that, and one request per registry and day that is refused troubles nobody.
 */
const CAPABILITY_LIFETIME_HOURS = 24;

const HOUR_MILLISECONDS = 3_600_000;

/** When what was learnt by then is forgotten. */
export function forgottenAt(learntAt: Date): Date {
  return new Date(learntAt.getTime() + CAPABILITY_LIFETIME_HOURS * HOUR_MILLISECONDS);
}

/** What was learnt before this is forgotten at `now`. */
export function oldestRemembered(now: Date): Date {
  return new Date(now.getTime() - CAPABILITY_LIFETIME_HOURS * HOUR_MILLISECONDS);
}
