import { deletesOff, distribution28, distribution30, distribution31 } from './fake-distribution-profiles.ts';
import { type FakeProfile, type FakeProfileName } from './fake-profile.ts';
import { ecr, gar, ghcr, gitlab, harbor, hub, quay, zot } from './fake-vendor-profiles.ts';

/**
 * The profiles. `distribution-2.8`, `-3.1` and their variants are held to the real programs by test/contract. The
 * others follow sources and issues named beside each quirk; what a vendor does not document is left as distribution
 * does it and says "not verified".
 */

const all: readonly FakeProfile[] = [
  distribution28,
  { ...distribution28, name: 'distribution-2.8-nodelete', deletes: deletesOff },
  { ...distribution28, name: 'distribution-2.8-readonly', access: 'maintenance' },
  distribution30,
  distribution31,
  { ...distribution31, name: 'distribution-3.1-nodelete', deletes: deletesOff },
  zot,
  gitlab,
  ghcr,
  ecr,
  hub,
  quay,
  gar,
  harbor,
  // Nexus, Artifactory, caching proxies: no Docker-Content-Digest at all (regclient issue 363, distribution issue 3792).
  {
    ...distribution28,
    name: 'no-digest-header',
    manifests: { ...distribution28.manifests, digestHeader: 'absent' },
  },
];

export const fakeProfiles: ReadonlyMap<FakeProfileName, FakeProfile> = new Map(
  all.map((profile) => [profile.name, profile]),
);

/** The profile of that name. */
export function fakeProfile(name: FakeProfileName): FakeProfile {
  const profile = fakeProfiles.get(name);
  if (profile === undefined) throw new Error(`no profile ${name}`);
  return profile;
}
