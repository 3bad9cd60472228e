import { exitCodeOf } from '../../src/cli/exit-code.ts';
import { DEFAULT_PATIENCE, type Patience } from '../../src/registry/transport/watchdog.ts';
import type { FaultCell } from './fault-cells.ts';
import { incompleteTags } from './incomplete-tags.ts';
import { SmallWorld, type WorldFeatures } from './small-world.ts';

/** Too short for a busy machine now and then: then a healthy request fails as well, and the same must hold. */
const SHORT: Patience = { ...DEFAULT_PATIENCE, silenceMilliseconds: 40 };

const A_DAY_AND_MORE_SECONDS = 25 * 3600;

interface PlayedCell {
  readonly struck: number;
  /** What must never be and was, each with the cell in front. */
  readonly violations: readonly string[];
}

/**
 * Runs a cycle in which a fault strikes, and where that left a trace one in which none does, and looks at both with the eyes of
 * somebody who sees the storages. The rules: nothing that the primary has is deleted; no tag is visible without all that is below it; a tag that is
 * not in sync shows in the exit code; no exception leaves the cycle; the second cycle mends everything.
 */
async function playCell(cell: FaultCell, features: WorldFeatures): Promise<PlayedCell> {
  const world = await SmallWorld.open(features);
  const violations: string[] = [];
  const note = (what: string): void =>
    void violations.push(`${cell.side} ${cell.operation} × ${cell.kind}: ${what}`);
  const { operation, fault, times } = cell;
  const plan = world[cell.side].faults.add({ operation, fault, ...(times === undefined ? {} : { times }) });
  const patience = cell.patience === 'short' ? SHORT : DEFAULT_PATIENCE;
  try {
    const first = await playRound(world, note, patience);
    const struck = plan.struck();
    // Nothing is left to mend; that a cycle in sync stays so is no matter of this.
    if (first === 0 && violations.length === 0) return { struck, violations };
    world.primary.faults.clear();
    world.secondary.faults.clear();
    // By then what was learnt of a registry is tried again.
    world.letPass(A_DAY_AND_MORE_SECONDS);
    const exitCode = await playRound(world, (what) => note(`second round: ${what}`), DEFAULT_PATIENCE);
    if (exitCode !== 0) note(`the second round ended with ${String(exitCode)}`);
    if (!isInSync(world)) note(`the second round left ${differencesOf(world).join(', ')}`);
    return { struck, violations };
  } finally {
    await world.close();
    for (const defect of world.defects) note(`defect of the fake: ${String(defect)}`);
  }
}

async function playRound(
  world: SmallWorld,
  note: (what: string) => void,
  patience: Patience,
): Promise<number | undefined> {
  const before = world.actual;
  const seen = world.secondary.history.all.length;
  const exitCode = await runCycle(world, note, patience);
  for (const violation of violationsOf(world, before, seen)) note(violation);
  if (exitCode === 0 && !isInSync(world)) note(`exit 0 with ${differencesOf(world).join(', ')}`);
  return exitCode;
}

/** What a cycle did that no cycle may do; `seen` is the length of the secondary's history at its begin. */
export function violationsOf(
  world: SmallWorld,
  before: ReadonlyMap<string, string>,
  seen: number,
): readonly string[] {
  const { expected, actual } = world;
  const changed = [...expected].flatMap(([tag, digest]) => {
    const now = actual.get(tag);
    if (now === undefined) return before.has(tag) ? [`${tag} was deleted, and the primary has it`] : [];
    return now === digest || now === before.get(tag) ? [] : [`${tag} became ${now}`];
  });
  const deletions = world.secondary.history.all
    .slice(seen)
    .filter(({ operation }) => operation === 'delete-tag')
    .map(({ repository, reference }) => `${repository}:${reference}`);
  const strangers = world.primary.history.matching({ server: 'blob-origin' });
  return [
    ...incompleteTags(world.secondary.storage).map((incomplete) => `half visible: ${incomplete}`),
    ...changed,
    ...deletions.filter((tag) => expected.has(tag)).map((tag) => `a deletion of ${tag} was sent`),
    ...strangers
      .filter(({ headers }) => headers.authorization !== undefined)
      .map(() => 'a credential went to the storage'),
  ];
}

async function runCycle(
  world: SmallWorld,
  note: (what: string) => void,
  patience: Patience,
): Promise<number | undefined> {
  try {
    return exitCodeOf(await world.cycle(patience));
  } catch (error) {
    note(
      `an exception left the cycle: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
    return undefined;
  }
}

/** Whether the secondary's tags are those of the primary, as the storages have it. */
export function isInSync(world: SmallWorld): boolean {
  return differencesOf(world).length === 0;
}

function differencesOf({ expected, actual }: SmallWorld): readonly string[] {
  const all = new Set([...expected.keys(), ...actual.keys()]);
  return [...all].filter((tag) => expected.get(tag) !== actual.get(tag));
}

/** Cells under way at once: the slow ones wait for time, the others fill it. */
const AT_ONCE = 4;

/** Plays cells; `idle` are those whose fault never struck. */
export async function playCells(
  cells: readonly FaultCell[],
  features: WorldFeatures,
): Promise<{ readonly violations: readonly string[]; readonly idle: readonly string[] }> {
  const violations: string[] = [];
  const idle: string[] = [];
  const queue = cells.values();
  const work = async (): Promise<void> => {
    for (const cell of queue) {
      const played = await playCell(cell, features);
      violations.push(...played.violations);
      // With little patience another request may fail before the one that is meant.
      if (played.struck === 0 && cell.patience === 'default') idle.push(cell.kind);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { violations, idle };
}
