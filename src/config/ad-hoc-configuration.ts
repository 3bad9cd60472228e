import {
  DEFAULT_BUDGET,
  DEFAULT_MIN_ABSENCE_SECONDS,
  DEFAULT_MIN_OBSERVATIONS,
  DEFAULT_PER_CYCLE,
  parseBudget,
  UNLIMITED,
  type DeletionPolicy,
} from '../policy/deletion-policy.ts';
import { parsePlatform, type PlatformPolicy } from '../policy/platform-policy.ts';
import type { ReplicationPolicy } from '../policy/replication-policy.ts';
import { embeddedDatabase } from './build-service.ts';
import type { Configuration, LinkConfiguration, RegistryConfiguration } from './configuration.ts';
import { formatPath } from './configuration-path.ts';
import { dockerEnvironmentOf, type DockerEnvironment } from './docker-environment.ts';
import { parseDuration } from './duration.ts';
import type { Environment } from './environment.ts';
import { FlagProblems } from './flag-problems.ts';
import { complaintAboutRepositoryPattern, complaintAboutTagPattern } from './impossible-pattern.ts';
import { DEFAULT_LAG, DEFAULT_SCHEDULE } from './link-schema.ts';
import { parseRegistryUrl, portOf, registryIdentity } from './registry-url.ts';
import { LogFields, ServerFields } from './service-schema.ts';
import { refuseUnsupported } from './unsupported.ts';
import { DEFAULT_CONCURRENCY } from './registry-schema.ts';

/** The flags of an ad-hoc run, as they were given. */
export interface AdHocOptions {
  readonly primary: string;
  readonly secondary: readonly string[];
  /** Repository patterns; none: all of the catalog. */
  readonly repository: readonly string[];
  /** Tag patterns; none: all. */
  readonly tag: readonly string[];
  /** Platforms; none: all, byte for byte. */
  readonly platform: readonly string[];
  /** Directory of the embedded database; absent: state is kept in memory. */
  readonly data?: string | undefined;
  readonly deleteOrphans: boolean;
  readonly deleteFallback: 'none' | 'tombstone';
  /** `N` or `N%` of each repository's tags. */
  readonly maxDeletions?: string | undefined;
}

const AD_HOC_LINK = 'ad-hoc';

/**
 * The configuration of one link that is given on the command line: registries named by host and port, credentials of
 * `docker login`, state in memory unless `data` names a directory. `deleteOrphans` is the operator's word.
 *
 * @throws {ConfigurationError} with every problem; the path of each is its flag.
 */
export function adHocConfiguration(options: AdHocOptions, environment: Environment): Configuration {
  const problems = new FlagProblems();
  const primary = parseUrl('--primary', options.primary, problems);
  const secondaries = options.secondary.map((text) => parseUrl('--secondary', text, problems));
  checkSecondaries(primary, secondaries, problems);
  const policy = buildPolicy(options, problems);
  problems.throwIfAny();
  const urls = [primary, ...secondaries].filter((url) => url !== undefined);
  const docker = dockerEnvironmentOf(environment);
  const registries = nameRegistries(urls).map(([name, url]) => buildRegistry(name, url, docker));
  const configuration: Configuration = {
    registries: new Map(registries.map((registry) => [registry.name, registry])),
    links: buildLinks(registries, policy),
    database: options.data === undefined ? { kind: 'memory' } : embeddedDatabase(options.data),
    server: { ...ServerFields.parse({}), tokens: [] },
    notifications: { incoming: [], outgoing: [] },
    log: LogFields.parse({}),
  };
  for (const { path, message } of refuseUnsupported(configuration)) problems.add(formatPath(path), message);
  problems.throwIfAny();
  return configuration;
}

function parseUrl(flag: string, text: string, problems: FlagProblems): URL | undefined {
  const parsed = parseRegistryUrl(text);
  if (parsed.kind === 'url') return parsed.url;
  problems.add(flag, parsed.complaint);
  return undefined;
}

function checkSecondaries(
  primary: URL | undefined,
  secondaries: readonly (URL | undefined)[],
  problems: FlagProblems,
): void {
  if (secondaries.length === 0) problems.add('--secondary', 'is required beside --primary');
  const seen = new Set<string>();
  for (const secondary of secondaries) {
    if (secondary === undefined) continue;
    const identity = registryIdentity(secondary);
    if (seen.has(identity)) problems.add('--secondary', `${secondary.origin} is given twice`);
    seen.add(identity);
    if (primary !== undefined && identity === registryIdentity(primary)) {
      problems.add('--secondary', `${secondary.origin} is the primary itself`);
    }
  }
}

function buildPolicy(options: AdHocOptions, problems: FlagProblems): ReplicationPolicy {
  const repositories = problems.patterns('--repository', options.repository, complaintAboutRepositoryPattern);
  const tags = problems.patterns('--tag', options.tag, complaintAboutTagPattern);
  return {
    repositories: { include: allIfNone(repositories), exclude: [] },
    rename: { kind: 'none' },
    tags: { include: allIfNone(tags), exclude: [] },
    platforms: buildPlatforms(options.platform, problems),
    referrers: 'all',
    deletions: buildDeletions(options, problems),
  };
}

function allIfNone<T>(items: readonly T[]): readonly T[] | 'all' {
  return items.length === 0 ? 'all' : items;
}

function buildPlatforms(texts: readonly string[], problems: FlagProblems): PlatformPolicy {
  const platforms = texts.flatMap((text) => problems.attempt('--platform', () => parsePlatform(text)) ?? []);
  return texts.length === 0 ? { kind: 'all' } : { kind: 'only', platforms, mode: 'filtered' };
}

function buildDeletions(options: AdHocOptions, problems: FlagProblems): DeletionPolicy {
  const { deleteOrphans, deleteFallback, maxDeletions } = options;
  if (deleteFallback !== 'none' && !deleteOrphans) {
    problems.add('--delete-fallback', 'has no effect without --delete-orphans');
  }
  const budget =
    maxDeletions === undefined
      ? undefined
      : problems.attempt('--max-deletions', () => parseBudget(maxDeletions));
  return {
    orphans: deleteOrphans ? 'delete' : 'off',
    fallback: deleteFallback,
    authority: deleteOrphans ? 'operator-word' : 'policy',
    perRepository: budget ?? DEFAULT_BUDGET,
    budgetAuthority: budget === undefined ? 'policy' : 'operator-word',
    // No flag raises this limit, so an explicit budget has to lift it.
    perCycle: budget === undefined ? DEFAULT_PER_CYCLE : UNLIMITED,
    minAbsenceSeconds: DEFAULT_MIN_ABSENCE_SECONDS,
    minObservations: DEFAULT_MIN_OBSERVATIONS,
    adoptForeign: false,
  };
}

/** Names by host and port; the port is left out where it is the scheme's, unless that would make two names equal. */
function nameRegistries(urls: readonly URL[]): readonly (readonly [string, URL])[] {
  const hosts = urls.map(({ host }) => host);
  return urls.map((url, index) => {
    const isTaken = hosts.indexOf(url.host) !== index;
    return [isTaken ? `${url.hostname}:${portOf(url)}` : url.host, url] as const;
  });
}

function buildRegistry(name: string, url: URL, environment: DockerEnvironment): RegistryConfiguration {
  return {
    name,
    origin: url.origin,
    url,
    credentials: { kind: 'docker', environment },
    tls: { files: {} },
    allowPlainHttp: false,
    limits: { concurrency: DEFAULT_CONCURRENCY },
  };
}

/** One link from the first registry to all others. */
function buildLinks(
  [primary, ...secondaries]: readonly RegistryConfiguration[],
  policy: ReplicationPolicy,
): readonly LinkConfiguration[] {
  if (primary === undefined) return [];
  return [
    {
      name: AD_HOC_LINK,
      primary,
      secondaries,
      policy,
      schedule: DEFAULT_SCHEDULE,
      verification: { kind: 'off' },
      objectiveLagSeconds: parseDuration(DEFAULT_LAG) ?? 0,
      neighbours: [],
    },
  ];
}
