import { z } from 'zod';

/** The part of a path that names a held plan, by its hash, or a deletion, by its id. */
export const DELETION_PATH = z.strictObject({
  id: z.string().min(1).max(256).describe('`hash` of a plan, or `id` of a deletion'),
});
export type DeletionPath = z.output<typeof DELETION_PATH>;

export const PLAN_PATH = z.strictObject({
  planHash: z.string().min(1).max(256).describe('`hash` of a plan'),
});
export type PlanPath = z.output<typeof PLAN_PATH>;

const LONGEST_REASON = 1000;

/** Why somebody does it, for those who come later. */
export const REASON = z
  .string()
  .max(LONGEST_REASON)
  .regex(/^[^\0]*$/, { error: 'has a NUL character' })
  .optional()
  .describe('Why, for those who come later');
