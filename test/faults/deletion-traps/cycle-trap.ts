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
  readonly lie: (world: TrapWorld) => unknown;
  /** What the report says of the orphan, see `wordOn`. */
  readonly says: string | RegExp;
  /** Whether the secondary has the orphan at the end; it has unless given. */
  readonly then?: 'lives' | 'gone';
}

interface PlayedTrap {
  readonly says: string;
  readonly then: 'lives' | 'gone';
  readonly violations: readonly string[];
}

/** Two cycles of history, the lie, and the cycle in which the orphan would go. */
export async function playTrap(trap: CycleTrap): Promise<PlayedTrap> {
  const world = await TrapWorld.open(trap.setting);
  try {
    await world.cycle();
    if (trap.orphan !== 'lives') world.primary.storage.deleteTag(APP, ORPHAN);
    if (trap.from === 'first-absence') await trap.lie(world);
    await world.cycle();
    if (trap.from !== 'first-absence') await trap.lie(world);
    const says = wordOn(await world.cycle());
    const then = world.secondary.storage.tags(APP).has(ORPHAN) ? 'lives' : 'gone';
    return { says, then, violations: world.violations };
  } finally {
    await world.close();
  }
}

/** The step of the orphan as `outcome REASON`; else why its repository or the link failed, as `unread REASON`; else `no orphan`. */
export function wordOn(report: CycleReport): string {
  const link = report.links[0];
  const app = link?.repositories.find(({ primaryRepository }) => primaryRepository === APP);
  const step = app?.steps.find(({ kind, tag }) => kind === 'delete-orphan-tag' && tag === ORPHAN);
  if (step !== undefined) return [step.outcome, step.reason].filter((word) => word !== null).join(' ');
  const failure = app?.failure ?? link?.failure;
  return failure ? `unread ${failure.reason}` : 'no orphan';
}
