import type { Digest } from '../oci/digest.ts';
import type {
  CycleReport,
  LinkReport,
  LinkTotals,
  ReadFailure,
  RepositoryReport,
  RepositoryTotals,
} from '../planning/cycle-report.ts';
import type { StepKind, StepOutcome } from '../planning/step.ts';

/** Builds reports for specs: everything that a test does not say is empty, in sync or zero. */

const NO_TOTALS: RepositoryTotals = {
  inSync: 0,
  copied: 0,
  moved: 0,
  deleted: 0,
  held: 0,
  failed: 0,
  ignored: 0,
  orphans: 0,
  blobsCopied: 0,
  blobsMounted: 0,
  blobsPresent: 0,
  bytesCopied: 0,
};

/** A digest of one repeated hexadecimal character. */
export function digestWith(character: string): Digest {
  return `sha256:${character.repeat(64)}` as Digest;
}

export function stepWith(kind: StepKind, tag: string, rest: Partial<StepOutcome> = {}): StepOutcome {
  return {
    kind,
    tag,
    primaryDigest: null,
    secondaryDigest: null,
    outcome: 'done',
    reason: null,
    message: null,
    ...rest,
  };
}

export function failureWith(reason: ReadFailure['reason'], rest: Partial<ReadFailure> = {}): ReadFailure {
  return { side: 'primary', reason, message: 'it did not work', ...rest };
}

export function repositoryWith(
  name: string,
  rest: Partial<Omit<RepositoryReport, 'totals'>> & { readonly totals?: Partial<RepositoryTotals> } = {},
): RepositoryReport {
  return {
    primaryRepository: name,
    secondaryRepository: name,
    outcome: 'in-sync',
    failure: null,
    steps: [],
    ...rest,
    totals: { ...NO_TOTALS, ...rest.totals },
  };
}

/** A link whose totals are the sums of its repositories', so that a test cannot contradict itself. */
export function linkWith(
  rest: Partial<Omit<LinkReport, 'totals'>> & { readonly totals?: Partial<LinkTotals> } = {},
): LinkReport {
  const repositories = rest.repositories ?? [];
  const keys = Object.keys(NO_TOTALS) as (keyof RepositoryTotals)[];
  const sums = keys.map((key) => [key, repositories.reduce((sum, { totals }) => sum + totals[key], 0)]);
  return {
    link: 'eu-to-us',
    primary: 'eu',
    secondary: 'us',
    outcome: 'in-sync',
    failure: null,
    repositories,
    ...rest,
    totals: {
      ...NO_TOTALS,
      ...(Object.fromEntries(sums) as Partial<RepositoryTotals>),
      repositories: repositories.length,
      requestsPrimary: 0,
      requestsSecondary: 0,
      ...rest.totals,
    },
  };
}

export function reportWith(links: readonly LinkReport[], rest: Partial<CycleReport> = {}): CycleReport {
  return {
    command: 'sync',
    cycleId: 'cycle-1',
    startedAt: '2026-03-01T03:00:00.000Z',
    finishedAt: '2026-03-01T03:00:04.000Z',
    outcome: 'in-sync',
    links,
    ...rest,
  };
}
