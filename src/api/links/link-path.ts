import { z } from 'zod';

/** The part of a path that names a link. */
export const LINK_PATH = z.strictObject({
  link: z.string().min(1).max(256).describe('Name of a link of the configuration'),
});
export type LinkPath = z.output<typeof LINK_PATH>;
