/**
 * Who manages an object, as its view shows it. What the declarative file declares is changed there: operations refuse by
 * `services.places.requireNotManaged`, or the services do.
 */
import { z } from 'zod';
import { iso } from '../clock.ts';
import type { Management } from '../declaration/room.ts';
import { instant } from './schemas.ts';

/** Members of every view whose object the file can declare. Spread into its schema. */
export const managedMembers = {
  managed_by: z
    .enum(['built_in', 'file', 'operator', 'dynamic', 'document', 'nobody'])
    .describe(
      'Who says what it is: Cardea itself, the declarative file, operators, the client itself (by registration or by its metadata document), or nobody, since it was removed from the file.',
    ),
  managed_at: z
    .string()
    .optional()
    .describe('Where in the declarative file: `cardea.yaml: clients[2] (line 14)`.'),
  in_file_until: instant.optional().describe('When it left the declarative file, if it is known.'),
};

export function managementView({ by, place, inFileUntil }: Management) {
  return {
    managed_by: by,
    ...(place !== undefined && { managed_at: place }),
    ...(inFileUntil !== undefined && { in_file_until: iso(inFileUntil) ?? '' }),
  };
}
