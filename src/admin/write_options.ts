/**
 * Query members of every operation that changes something.
 */
import { z } from 'zod';
import { flag, reasonField } from './schemas.ts';

export const writeOptions = z.object({
  dry_run: flag
    .optional()
    .describe('`true`: check the request, answer what would change, and change nothing.'),
  reason: reasonField,
});
