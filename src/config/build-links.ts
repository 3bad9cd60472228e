import type { ReplicationPolicy } from '../policy/replication-policy.ts';
import { findOwnInput, findSharedRepository, mayShareRepository } from '../policy/write-overlap.ts';
import { buildPolicy } from './build-policy.ts';
import { findImpossiblePatterns } from './impossible-pattern.ts';
import type { KnownRegistry } from './build-registries.ts';
import type {
  LinkConfiguration,
  LinkNeighbour,
  RegistryConfiguration,
  VerificationConfiguration,
} from './configuration.ts';
import type { ConfigurationPath } from './configuration-path.ts';
import type { LinkFields } from './link-schema.ts';
import type { FileProblems } from './file-problems.ts';
import { registryIdentity } from './registry-url.ts';
import type { Salvaged } from './salvage.ts';
import { listNames } from './schema-problems.ts';

/** What links are built with. */
export interface LinkContext {
  readonly registries: ReadonlyMap<string, KnownRegistry>;
  readonly problems: FileProblems;
}

/** Builds every link that has no problem, and notes all problems. */
export function buildLinks(
  salvagedLinks: readonly (Salvaged<LinkFields> | undefined)[],
  context: LinkContext,
): readonly LinkConfiguration[] {
  context.problems.addRepeats(
    salvagedLinks.map((salvaged) => (salvaged?.dropped.has('name') ? undefined : salvaged?.fields.name)),
    (index) => ['links', index, 'name'],
    'another link has this name',
  );
  const links = salvagedLinks.flatMap((salvaged, index) =>
    salvaged === undefined ? [] : [inspectLink(salvaged, ['links', index], context)],
  );
  checkOverlaps(links, context.problems);
  return links.flatMap((link) => configurationOf(link, links) ?? []);
}

/** What decides which repositories a link writes. */
const WRITING_KEYS = ['repositories', 'rename'] as const;

/** A link whose registries may yet have problems of their own. */
interface InspectedLink {
  readonly path: ConfigurationPath;
  readonly fields: LinkFields;
  readonly dropped: ReadonlySet<string>;
  readonly policy: ReplicationPolicy;
  readonly primary: KnownRegistry | undefined;
  readonly secondaries: readonly (KnownRegistry | undefined)[];
}

function inspectLink(
  { fields, dropped }: Salvaged<LinkFields>,
  path: ConfigurationPath,
  context: LinkContext,
): InspectedLink {
  const find = (name: string, at: ConfigurationPath): KnownRegistry | undefined =>
    dropped.has(String(at[0])) ? undefined : lookUp(name, [...path, ...at], context);
  const link: InspectedLink = {
    path,
    fields,
    dropped,
    policy: buildPolicy(fields),
    primary: find(fields.primary, ['primary']),
    secondaries: fields.secondaries.map((name, index) => find(name, ['secondaries', index])),
  };
  for (const { path: at, message } of findImpossiblePatterns(fields))
    context.problems.add([...path, ...at], message);
  checkSecondaries(link, context.problems);
  return link;
}

function lookUp(
  name: string,
  path: ConfigurationPath,
  { registries, problems }: LinkContext,
): KnownRegistry | undefined {
  const registry = registries.get(name);
  if (registry === undefined && !problems.has(path))
    problems.add(path, `there is no registry of this name: ${listNames(registries.keys())}`);
  return registry;
}

function checkSecondaries(link: InspectedLink, problems: FileProblems): void {
  const identities = link.secondaries.map(identityOf);
  const pathOf = (index: number): ConfigurationPath => [...link.path, 'secondaries', index];
  const named = identities.map((identity, index) => identity ?? link.fields.secondaries[index]);
  problems.addRepeats(named, pathOf, 'this registry is already a secondary of the link');
  const primaryIdentity = identityOf(link.primary);
  identities.forEach((identity, index) => {
    if (identity !== undefined && identity === primaryIdentity)
      checkWithinOneRegistry(link, pathOf(index), problems);
  });
}

function checkWithinOneRegistry(
  { policy, dropped }: InspectedLink,
  path: ConfigurationPath,
  problems: FileProblems,
): void {
  if (WRITING_KEYS.some((key) => dropped.has(key))) return;
  if (policy.rename.kind === 'none') {
    problems.add(
      path,
      'primary and secondary are the same registry: choose another one, or rename the repositories',
    );
    return;
  }
  const name = findOwnInput(policy);
  if (name === undefined) return;
  problems.add(
    path,
    `primary and secondary are the same registry, and the link would read what it writes, like ${name}: exclude it`,
  );
}

function checkOverlaps(links: readonly InspectedLink[], problems: FileProblems): void {
  links.forEach((later, index) => {
    for (const earlier of links.slice(0, index)) {
      const shared = mayOverlap(earlier, later)
        ? findSharedRepository(earlier.policy, later.policy)
        : undefined;
      if (shared === undefined) continue;
      problems.add(
        later.path,
        `writes the same repositories of a secondary as the link ${earlier.fields.name}, like ${shared}`,
      );
    }
  });
}

function mayOverlap(left: InspectedLink, right: InspectedLink): boolean {
  if (WRITING_KEYS.some((key) => left.dropped.has(key) || right.dropped.has(key))) return false;
  const identities = new Set(left.secondaries.map(identityOf));
  return right.secondaries
    .map(identityOf)
    .some((identity) => identity !== undefined && identities.has(identity));
}

function identityOf(registry: KnownRegistry | undefined): string | undefined {
  return registry?.url === undefined ? undefined : registryIdentity(registry.url);
}

function configurationOf(link: InspectedLink, all: readonly InspectedLink[]): LinkConfiguration | undefined {
  const { fields, dropped, policy, primary, secondaries } = link;
  const built = secondaries.map((secondary) => secondary?.configuration).filter(isPresent);
  if (dropped.size > 0 || primary?.configuration === undefined || built.length < secondaries.length)
    return undefined;
  return {
    name: fields.name,
    primary: primary.configuration,
    secondaries: built,
    policy,
    schedule: fields.schedule,
    verification: verificationOf(fields.verify),
    objectiveLagSeconds: fields.objective.lag,
    neighbours: neighboursOf(link, all),
  };
}

function neighboursOf(link: InspectedLink, all: readonly InspectedLink[]): readonly LinkNeighbour[] {
  return all.flatMap((other) => {
    const primary = other.primary?.configuration;
    if (other === link || primary === undefined || !mayOverlap(link, other)) return [];
    if (!mayShareRepository(link.policy, other.policy)) return [];
    return [{ name: other.fields.name, primary, policy: other.policy }];
  });
}

function isPresent(registry: RegistryConfiguration | undefined): registry is RegistryConfiguration {
  return registry !== undefined;
}

function verificationOf(verify: LinkFields['verify']): VerificationConfiguration {
  return verify === 'off' ? { kind: 'off' } : { kind: 'scheduled', ...verify };
}
