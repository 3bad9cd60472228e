import { z } from 'zod';

/** The part of a path that names a cycle. */
export const CYCLE_PATH = z.strictObject({
  id: z
    .string()
    .regex(/^[A-Za-z0-9-]{1,64}$/, { error: 'no id of a cycle: they have letters, digits and -' })
    .describe('Id of a cycle'),
});
export type CyclePath = z.output<typeof CYCLE_PATH>;
