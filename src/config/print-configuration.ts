import { formatBudget, formatSentinel, type DeletionPolicy } from '../policy/deletion-policy.ts';
import { specOf, type Pattern, type PatternSpec } from '../policy/pattern.ts';
import { formatPlatform, type PlatformPolicy } from '../policy/platform-policy.ts';
import type { Rename } from '../policy/rename.ts';
import type { Newest } from '../policy/tag-filter.ts';
import { formatByteSize } from './byte-size.ts';
import type {
  Configuration,
  DatabaseConfiguration,
  LinkConfiguration,
  NotificationsConfiguration,
  RegistryConfiguration,
  RegistryCredentials,
  ServerConfiguration,
  VerificationConfiguration,
} from './configuration.ts';
import { formatDuration } from './duration.ts';

/** A part of the printed configuration: plain data, ready for YAML or JSON. */
export type Printed = Readonly<Record<string, unknown>>;

/**
 * The configuration as it is in force, in the form of the file: defaults filled in, paths absolute, secrets as `***`.
 * With references in the place of the `***` it can be read again and means the same.
 */
export function configurationForPrinting(configuration: Configuration): Printed {
  const { registries, links, database, server, notifications, log } = configuration;
  return {
    registries: Object.fromEntries(
      Array.from(registries, ([name, registry]) => [name, printRegistry(registry)]),
    ),
    links: links.map(linkForPrinting),
    database: printDatabase(database),
    server: printServer(server),
    notifications: printNotifications(notifications),
    log,
  };
}

function printRegistry(registry: RegistryConfiguration): Printed {
  const { origin, credentials, tls, allowPlainHttp, limits } = registry;
  return {
    url: origin,
    credentials: printCredentials(credentials),
    tls: tls.files,
    allowPlainHttp,
    limits: {
      ...limits,
      ...(limits.bytesPerSecond === undefined
        ? {}
        : { bytesPerSecond: formatByteSize(limits.bytesPerSecond) }),
    },
  };
}

function printCredentials(credentials: RegistryCredentials): unknown {
  switch (credentials.kind) {
    case 'anonymous':
    case 'docker':
      return credentials.kind;
    case 'basic':
      return { username: credentials.username, password: String(credentials.password) };
  }
}

/** A link in the form of the file; there is no secret in one. */
export function linkForPrinting(link: LinkConfiguration): Printed {
  const { repositories, rename, tags, platforms, referrers, deletions } = link.policy;
  return {
    name: link.name,
    primary: link.primary.name,
    secondaries: link.secondaries.map(({ name }) => name),
    repositories: { include: printPatterns(repositories.include), exclude: repositories.exclude.map(specOf) },
    rename: printRename(rename),
    tags: {
      include: printPatterns(tags.include),
      exclude: tags.exclude.map(specOf),
      ...(tags.newest === undefined ? {} : { newest: printNewest(tags.newest) }),
    },
    ...printPlatforms(platforms),
    referrers,
    deletions: printDeletions(deletions),
    schedule: link.schedule,
    verify: printVerification(link.verification),
    objective: { lag: formatDuration(link.objectiveLagSeconds) },
  };
}

function printPatterns(patterns: readonly Pattern[] | 'all'): readonly PatternSpec[] | 'all' {
  return patterns === 'all' ? 'all' : patterns.map(specOf);
}

/** By version it is the number alone, the way most files write it. */
function printNewest(newest: Newest): unknown {
  return newest.by === 'version' ? newest.count : { count: newest.count, by: newest.by };
}

function printRename(rename: Rename): unknown {
  switch (rename.kind) {
    case 'none':
      return 'none';
    case 'prefix':
      return { prefix: rename.prefix };
    case 'rules':
      return rename.rules.map(({ match, replace }) => ({ match, replace }));
  }
}

function printPlatforms(platforms: PlatformPolicy): Printed {
  if (platforms.kind === 'all') return { platforms: 'all' };
  return { platforms: platforms.platforms.map(formatPlatform), platformMode: platforms.mode };
}

function printDeletions(deletions: DeletionPolicy): Printed {
  const {
    orphans,
    fallback,
    perRepository,
    perCycle,
    minAbsenceSeconds,
    minObservations,
    adoptForeign,
    sentinel,
  } = deletions;
  return {
    orphans,
    fallback,
    maxPerRepository: formatBudget(perRepository),
    maxPerCycle: perCycle,
    minAbsence: formatDuration(minAbsenceSeconds),
    minObservations,
    adoptForeign,
    ...(sentinel === undefined ? {} : { sentinel: formatSentinel(sentinel) }),
  };
}

function printVerification(verification: VerificationConfiguration): unknown {
  if (verification.kind === 'off') return 'off';
  return { depth: verification.depth, schedule: verification.schedule };
}

function printDatabase(database: DatabaseConfiguration): unknown {
  switch (database.kind) {
    case 'embedded':
      return { directory: database.directory };
    case 'postgres':
      return { url: String(database.url) };
    case 'memory':
      return 'memory';
  }
}

function printServer({ host, port, tokens }: ServerConfiguration): Printed {
  return {
    host,
    port,
    tokens: tokens.map(({ name, role, token }) => ({ name, role, token: String(token) })),
  };
}

function printNotifications({ incoming, outgoing }: NotificationsConfiguration): Printed {
  return {
    incoming: incoming.map(({ path, kind, registry, secret }) => ({
      path,
      kind,
      registry: registry.name,
      secret: String(secret),
    })),
    outgoing: outgoing.map(({ name, url, secret, events, allowPrivateAddresses }) => ({
      name,
      url: String(url),
      ...(secret === undefined ? {} : { secret: String(secret) }),
      events,
      allowPrivateAddresses,
    })),
  };
}
