import type { EntityManager } from 'typeorm';
import { z } from 'zod';
import { CAPABILITIES, type Capability, type CapabilityState } from '../oci/capability.ts';
import type { LearntCapability, RegistryAddress } from './learnt-capability.ts';
import { rowsOf } from './state-transaction.ts';
import { COLUMN, parseRow } from './stored-row.ts';

const ROW: z.ZodType<LearntCapability> = z.object({
  name: z.string(),
  origin: z.string(),
  capability: z.enum(CAPABILITIES),
  state: z.enum(['works', 'refused'] satisfies CapabilityState[]),
  learntAt: COLUMN.date,
});

/** What is known of registries of these names, wherever they were, since `since`. */
export async function selectCapabilities(
  manager: EntityManager,
  registries: readonly string[],
  since: Date,
): Promise<readonly LearntCapability[]> {
  const rows = await rowsOf(manager, SELECT, [registries, since.toISOString()]);
  return rows.map((row) => parseRow('registry_capability', ROW, row));
}

export async function upsertCapabilities(
  manager: EntityManager,
  { name, origin }: RegistryAddress,
  { news, now }: { readonly news: ReadonlyMap<Capability, CapabilityState>; readonly now: Date },
): Promise<void> {
  // In one order, so that two processes that learn of one registry do not wait for each other.
  const learnt = [...news].toSorted(([one], [other]) => (one < other ? -1 : 1));
  for (const [capability, state] of learnt)
    await manager.query(UPSERT, [name, capability, origin, state, now.toISOString()]);
}

const SELECT = `
  SELECT registry AS name, origin, capability, state, learnt_at AS "learntAt" FROM registry_capability
  WHERE registry = ANY ($1::text[]) AND learnt_at >= $2 ORDER BY registry, capability`;

const UPSERT = `
  INSERT INTO registry_capability (registry, capability, origin, state, learnt_at) VALUES ($1, $2, $3, $4, $5)
  ON CONFLICT (registry, capability) DO UPDATE
  SET origin = excluded.origin, state = excluded.state, learnt_at = excluded.learnt_at
  WHERE registry_capability.learnt_at <= excluded.learnt_at OR registry_capability.origin <> excluded.origin`;
