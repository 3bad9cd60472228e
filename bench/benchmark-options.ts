import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { mediumCorpus, smallCorpus, type CorpusParameters } from '../test/builders/seeded-corpus.ts';

/** How much is measured, and how often. */
export interface BenchmarkOptions {
  readonly size: 'full' | 'quick';
  readonly scenarios: ReadonlySet<ScenarioName>;
  /** Timed runs per tool and scenario. */
  readonly runs: number;
  /** Layers of realistic size, for the cold sync: bytes count. */
  readonly coldCorpus: CorpusParameters;
  /** Many tags on small layers, for the cycles in which little or nothing changed: requests count. */
  readonly steadyCorpus: CorpusParameters;
  readonly largeLayerBytes: number;
  /** Small layers and few tags, where only the number of requests counts. */
  readonly countsCorpus: CorpusParameters;
  /** Programs to measure as geo-reconciler; more than one compares two builds in the same run. */
  readonly programs: readonly [string, ...string[]];
}

const SCENARIOS = [
  'cold',
  'no-op',
  'incremental',
  'large-layer',
  'fan-out',
  'platforms',
  'referrers',
] as const;
type ScenarioName = (typeof SCENARIOS)[number];

const USAGE = `npm run bench -- [--quick] [--runs N] [--scenario NAME]... [--program FILE]...

  --quick          a tenth of the content, two runs: is everything in place?
  --runs N         timed runs per tool and scenario (default 3, with --quick 2)
  --scenario NAME  only these: ${SCENARIOS.join(', ')}
  --program FILE   the geo-reconciler to measure (default bin/geo-reconciler); more than one are compared
`;

const OWN_PROGRAM = join(import.meta.dirname, '..', 'bin', 'geo-reconciler');

const ONE_GIB = 1024 ** 3;

/** Says what is wrong, and then how it is meant. */
export class UsageError extends Error {
  override readonly name = 'UsageError';

  constructor(what: string) {
    super(`${what}\n\n${USAGE}`);
  }
}

/** What the command line asks for. @throws {UsageError} */
export function parseBenchmarkOptions(args: readonly string[]): BenchmarkOptions {
  const values = valuesOf(args);
  const size = values.quick ? 'quick' : 'full';
  const runs = Number(values.runs ?? (size === 'full' ? 3 : 2));
  if (!Number.isInteger(runs) || runs < 1) throw new UsageError('--runs wants a number from 1 on');
  return {
    size,
    runs,
    scenarios: new Set(values.scenario?.map(toScenario) ?? SCENARIOS),
    programs: isSome(values.program) ? values.program : [OWN_PROGRAM],
    ...(size === 'full' ? FULL : QUICK),
  };
}

function valuesOf(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        quick: { type: 'boolean', default: false },
        runs: { type: 'string' },
        scenario: { type: 'string', multiple: true },
        program: { type: 'string', multiple: true },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** Whether its report may stand for the project: everything, in full, of the one program that is built here. */
export function isFullRun({ size, scenarios, programs }: BenchmarkOptions): boolean {
  return size === 'full' && scenarios.size === SCENARIOS.length && programs.join() === OWN_PROGRAM;
}

function isSome(programs: readonly string[] | undefined): programs is readonly [string, ...string[]] {
  return programs !== undefined && programs.length > 0;
}

function toScenario(name: string): ScenarioName {
  const scenario = SCENARIOS.find((known) => known === name);
  if (scenario === undefined) throw new UsageError(`there is no scenario ${name}`);
  return scenario;
}

/** Over a gigabyte for 440 tags: base layers of some ten megabytes, and around one for what a build adds. */
const coldCorpus: CorpusParameters = {
  ...smallCorpus,
  baseLayerBytes: { medianBytes: 6_000_000, sigma: 1.2, maxBytes: 80_000_000 },
  layerBytes: { medianBytes: 800_000, sigma: 1.4, maxBytes: 40_000_000 },
};

const FULL = {
  coldCorpus,
  steadyCorpus: mediumCorpus,
  largeLayerBytes: ONE_GIB,
  countsCorpus: { ...mediumCorpus, repositories: 20, tags: 400 },
} as const;

const QUICK = {
  coldCorpus: { ...coldCorpus, repositories: 4, tags: 40 },
  steadyCorpus: { ...mediumCorpus, repositories: 12, tags: 500 },
  largeLayerBytes: ONE_GIB / 4,
  countsCorpus: { ...mediumCorpus, repositories: 4, tags: 40 },
} as const;
