import type { RepositoryName } from '../oci/reference.ts';
import { listRepositories, type ListedRepository } from '../inventory/repository-lister.ts';
import { PolicyError } from '../policy/policy-error.ts';
import { findCollisions, renameRepository, type Rename } from '../policy/rename.ts';
import { exactNames, isInScope, type RepositoryScope } from '../policy/repository-scope.ts';
import type { ReadFailure, RepositoryReport } from '../planning/cycle-report.ts';
import type { ReasonCode } from '../planning/reason-code.ts';
import type { Clock } from '../time/clock.ts';
import { failedRepository } from './failed-repository.ts';
import type { LinkContext, SecondaryContext } from './link-context.ts';
import { readFailureOf } from './read-failure.ts';

/** A repository of the primary, and where its content goes on the secondaries. */
export interface NamedRepository {
  readonly listed: ListedRepository;
  readonly secondaryRepository: RepositoryName;
}

/** What a cycle of a link is about. */
export interface LinkListing {
  readonly repositories: readonly NamedRepository[];
  /** Names that are refused before anything is written. */
  readonly refused: readonly RepositoryReport[];
}

/**
 * Once a secondary has answered, the others are waited for no longer than this: they would hold it back. It outlasts the attempts of
 * a request that is refused, so that a registry that is down is called down.
 */
const LATE_SECONDS = 20;

const LATE: ReadFailure = {
  side: 'secondary',
  reason: 'TIMEOUT',
  message: `it did not answer within ${LATE_SECONDS} s after another secondary of the link had`,
};

/** The secondaries, by name, that cannot be worked on in this cycle: it or the primary lets nobody in. */
export async function findUnreachable(
  { primary, clock }: Pick<LinkContext, 'primary' | 'clock'>,
  secondaries: readonly Pick<SecondaryContext, 'name' | 'client'>[],
): Promise<ReadonlyMap<string, ReadFailure>> {
  const pings = secondaries.map(({ client }) => failureOf(client.ping(), 'secondary'));
  const end = new AbortController();
  const late = lateness(pings, clock, end.signal);
  const [ofPrimary, ...ofSecondaries] = await Promise.all([
    failureOf(primary.ping(), 'primary'),
    ...pings.map((ping) => Promise.race([ping, late])),
  ]);
  end.abort();
  return new Map(
    secondaries.flatMap(({ name }, index): [string, ReadFailure][] => {
      const failure = ofPrimary ?? ofSecondaries[index];
      return failure === undefined ? [] : [[name.secondary, failure]];
    }),
  );
}

async function failureOf(ping: Promise<void>, side: ReadFailure['side']): Promise<ReadFailure | undefined> {
  try {
    await ping;
    return undefined;
  } catch (error) {
    return readFailureOf(error, side);
  }
}

/** Comes true when a secondary has answered, and others have not for too long; never where none answers. */
async function lateness(
  pings: readonly Promise<ReadFailure | undefined>[],
  clock: Clock,
  signal: AbortSignal,
): Promise<ReadFailure> {
  const answers = pings.map(async (ping) => {
    if ((await ping) !== undefined) throw new Error('no answer');
  });
  const isAnswered = await Promise.any(answers).then(
    () => true,
    () => false,
  );
  const isLate =
    isAnswered &&
    (await clock.sleep(LATE_SECONDS, signal).then(
      () => true,
      () => false,
    ));
  return isLate ? LATE : await new Promise<never>(() => undefined);
}

/**
 * The repositories of a link that can be worked on, those that have vanished from the primary among them.
 *
 * @throws {RegistryError} when they cannot be listed completely. @throws {StateError}
 */
export async function listLink(context: LinkContext): Promise<LinkListing> {
  const { primary, link } = context;
  const { repositories: listed, invalid } = await listRepositories(primary, link.policy.repositories);
  const repositories = await recall(context, listed);
  const named = nameRepositories(link.policy.rename, repositories);
  const refused = invalid.map((name) =>
    failedRepository(name, 'NAME_INVALID', 'the catalog of the primary lists a name that is none'),
  );
  return {
    repositories: [...named.repositories, ...(await findVanished(context, repositories))],
    refused: [...refused, ...named.refused],
  };
}

/** A name that one run is narrowed to need not be there: what a secondary has from this link may have vanished. */
async function recall(
  { link, work, catalog }: LinkContext,
  listed: readonly ListedRepository[],
): Promise<readonly ListedRepository[]> {
  const { include, narrowedTo } = link.policy.repositories;
  if (work.command === 'verify' || narrowedTo === undefined) return listed;
  const known = await catalog.names();
  return listed.map((repository): ListedRepository => {
    const { name } = repository;
    const mayBeGone = known.has(name) && namedBy({ include }, name) !== 'exact';
    return mayBeGone && repository.namedBy === 'exact' ? { name, namedBy: 'memory' } : repository;
  });
}

/** Whether the configuration names a repository by its very name. */
export function namedBy(
  { include }: Pick<RepositoryScope, 'include'>,
  name: RepositoryName,
): ListedRepository['namedBy'] {
  const isExact =
    include !== 'all' && include.some((pattern) => pattern.kind === 'exact' && pattern.text === name);
  return isExact ? 'exact' : 'catalog';
}

/**
 * Repositories that a secondary has from this link and that the complete catalog no longer names: they are looked at like all others,
 * so that what is left of them is in the report. A name on the secondaries that a living repository has now is that one's. A
 * verification expects nothing of them, and where all names are exact no catalog is asked.
 */
async function findVanished(
  { link, work, catalog }: LinkContext,
  listed: readonly ListedRepository[],
): Promise<readonly NamedRepository[]> {
  const { repositories: scope, rename } = link.policy;
  if (work.command === 'verify' || exactNames(scope) !== undefined) return [];
  const living = new Set(listed.map(({ name }) => name));
  const vanished = [...(await catalog.names())]
    .filter((name) => !living.has(name) && isInScope(scope, name))
    .map((name): ListedRepository => ({ name, namedBy: 'memory' }));
  return nameRepositories(rename, vanished, [...living]).repositories;
}

/**
 * Gives each repository its name on the secondaries. Two that land on one name are refused before anything is written, and
 * so is a name that cannot be.
 *
 * @param others repositories of the link that are not asked for now; one of them may own the name, too.
 */
export function nameRepositories(
  rename: Rename,
  listed: readonly ListedRepository[],
  others: readonly RepositoryName[] = [],
): LinkListing {
  const repositories: NamedRepository[] = [];
  const refused: RepositoryReport[] = [];
  const refuse = (name: RepositoryName, reason: ReasonCode, message: string): void => {
    refused.push(failedRepository(name, reason, message));
  };
  const present = [...listed.map(({ name }) => name), ...others].filter(
    (name) => tryRename(rename, name).kind === 'renamed',
  );
  const colliding = new Map<RepositoryName, RepositoryName>();
  for (const { secondary, primaries } of findCollisions(rename, [...new Set(present)])) {
    for (const name of primaries) colliding.set(name, secondary);
  }
  for (const repository of listed) {
    const { name } = repository;
    const renamed = tryRename(rename, name);
    const collision = colliding.get(name);
    if (renamed.kind === 'invalid') refuse(name, 'NAME_INVALID', renamed.message);
    else if (collision !== undefined)
      refuse(name, 'NAME_COLLISION', `more than one repository would be written to ${collision}`);
    else repositories.push({ listed: repository, secondaryRepository: renamed.name });
  }
  return { repositories, refused };
}

type Renamed =
  | { readonly kind: 'renamed'; readonly name: RepositoryName }
  | { readonly kind: 'invalid'; readonly message: string };

function tryRename(rename: Rename, name: RepositoryName): Renamed {
  try {
    return { kind: 'renamed', name: renameRepository(rename, name) };
  } catch (error) {
    if (error instanceof PolicyError) return { kind: 'invalid', message: error.message };
    throw error;
  }
}
