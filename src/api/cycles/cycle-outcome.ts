import { z } from 'zod';

/** CONTRACT 2: what a cycle, a link or a repository of it came to. */
export const CYCLE_OUTCOME = z.enum(['in-sync', 'differences', 'partial', 'failed', 'held']);
