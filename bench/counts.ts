import type { CountedRegistry } from './counted-registry.ts';
import type { Goal } from './goal.ts';
import { measureCommand } from './measured-command.ts';
import { trafficBetween, type Traffic } from './traffic.ts';

/** A scenario in which only what is asked of the registries counts: it needs no quiet machine and no second run. */
export interface CountsResult {
  readonly title: string;
  /** What was copied or compared, in a sentence. */
  readonly content: string;
  /** The heads of the columns, and then the rows. */
  readonly table: readonly (readonly string[])[];
  readonly goals: readonly Goal[];
}

/** What a command asks of registries, in their order. @throws {CommandFailed} */
export async function countTraffic(
  command: readonly [string, ...string[]],
  registries: readonly CountedRegistry[],
): Promise<readonly Traffic[]> {
  const before = await Promise.all(registries.map((registry) => registry.readTraffic()));
  await measureCommand(command);
  const after = await Promise.all(registries.map((registry) => registry.readTraffic()));
  return after.map((traffic, index) => trafficBetween(before[index] ?? traffic, traffic));
}
