import type { CycleReport } from '../../../src/planning/cycle-report.ts';
import type { FailureMode } from './gate-trap.ts';
import { APP, ORPHAN, TrapWorld, type WorldSetting } from './trap-world.ts';

/** A trap for whole cycles: an orphan that everything speaks for deleting, but for the lie. */
export interface CycleTrap {
  readonly mode: FailureMode;
  readonly trap: string;
  /** The truth of `team/app:old` on the primary: it is gone (unless given), or it never went. */
  readonly orphan?: 'gone' | 'lives';
  /** Whether the lie begins with the cycle that would delete (unless given), or with the one before, in which the orphan is seen first. */
  readonly from?: 'last-cycle' | 'first-absence';
  readonly setting?: WorldSetting;
  /** What both sides, or one, hold besides, from the beginning. */
  readonly before?: (world: TrapWorld) => unknown;
  readonly lie: (world: TrapWorld) => unknown;
  /** What the report says of the orphan, see `wordOn`. */
  readonly says: string | RegExp;
  /** Whether the secondary has the orphan at the end; it has unless given. */
  readonly then?: 'lives' | 'gone' | undefined;
  /** The same after one more cycle, where that is the point. */
  readonly after?: 'lives' | 'gone';
  /** The orphan, where it is not `old`. */
  readonly tag?: string;
}

interface PlayedTrap {
  readonly says: string;
  readonly then: 'lives' | 'gone';
  readonly after: 'lives' | 'gone' | undefined;
  readonly violations: readonly string[];
}

/** Two cycles of history, the lie, and the cycle in which the orphan would go. */
export async function playTrap(trap: CycleTrap): Promise<PlayedTrap> {
  const world = await TrapWorld.open(trap.setting);
  const tag = trap.tag ?? ORPHAN;
  const there = (): 'lives' | 'gone' => (world.secondary.storage.tags(APP).has(tag) ? 'lives' : 'gone');
  try {
    await trap.before?.(world);
    await world.cycle();
    if (trap.orphan !== 'lives') world.primary.storage.deleteTag(APP, tag);
    if (trap.from === 'first-absence') await trap.lie(world);
    await world.cycle();
    if (trap.from !== 'first-absence') await trap.lie(world);
    const says = wordOn(await world.cycle(), tag);
    const then = there();
    if (trap.after !== undefined) await world.cycle();
    const after = trap.after === undefined ? undefined : there();
    const defects = world.defects.map((defect) => `defect of the fake: ${String(defect)}`);
    return { says, then, after, violations: [...world.violations, ...defects] };
  } finally {
    await world.close();
  }
}

/** The step of the orphan as `outcome REASON`; else why its repository or the link failed, as `unread REASON`; else `no orphan`. */
function wordOn(report: CycleReport, orphan: string): string {
  const link = report.links[0];
  const app = link?.repositories.find(({ primaryRepository }) => primaryRepository === APP);
  const step = app?.steps.find(({ kind, tag }) => kind === 'delete-orphan-tag' && tag === orphan);
  if (step !== undefined) return [step.outcome, step.reason].filter((word) => word !== null).join(' ');
  const failure = app?.failure ?? link?.failure;
  return failure ? `unread ${failure.reason}` : 'no orphan';
}
