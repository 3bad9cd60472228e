import { z } from 'zod';

const LARGEST_PAGE = 500;
const DEFAULT_PAGE = 50;

/** The query parameters of a list; for more of them: `z.strictObject({ ...PAGE_QUERY.shape, link: … })`. */
export const PAGE_QUERY = z.strictObject({
  limit: z
    .string()
    .regex(/^\d{1,6}$/, { error: `write a whole number from 1 to ${LARGEST_PAGE}` })
    .transform(Number)
    .pipe(z.int().min(1).max(LARGEST_PAGE))
    .default(DEFAULT_PAGE)
    .meta({
      type: 'integer',
      minimum: 1,
      maximum: LARGEST_PAGE,
      default: DEFAULT_PAGE,
      description: 'How many items a page has at most',
    }),
  cursor: z
    .string()
    .min(1)
    .max(2048)
    .optional()
    .describe('`nextCursor` of the page before; nothing else is a cursor'),
});

/** One page of a list. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** Give it back as `cursor` for the next page; `null`: there is none. */
  readonly nextCursor: string | null;
}

/** The schema of a page, for the description of a route. */
export function pageOf<Item extends z.ZodType>(
  item: Item,
): z.ZodObject<{ items: z.ZodArray<Item>; nextCursor: z.ZodNullable<z.ZodString> }> {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() });
}
