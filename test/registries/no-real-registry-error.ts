import type { RegistryOrigin, WantedFlavour } from './registry-provider.ts';

/** Why one origin cannot give the wanted registry; the message is the reason. */
export class OriginUnavailableError extends Error {
  override readonly name = 'OriginUnavailableError';
}

export interface FailedOrigin {
  readonly origin: RegistryOrigin;
  readonly reason: string;
}

const originTitles: Readonly<Record<RegistryOrigin, string>> = {
  docker: 'Docker',
  path: 'a binary on PATH',
  package: 'the Debian package docker-registry',
  go: 'Go',
};

/** No origin gives the wanted registry. The message names each of them and why it failed. */
export class NoRealRegistryError extends Error {
  override readonly name = 'NoRealRegistryError';
  readonly flavour: WantedFlavour;
  readonly failures: readonly FailedOrigin[];

  constructor(flavour: WantedFlavour, failures: readonly FailedOrigin[]) {
    const reasons = failures.map(({ origin, reason }) => `${originTitles[origin]}: ${reason}`);
    const wanted = flavour === 'any' ? 'a real registry' : `a real registry of flavour ${flavour}`;
    super(`${wanted} cannot be had from here. ${reasons.join('. ')}.`);
    this.flavour = flavour;
    this.failures = failures;
  }
}
