/**
 * Groups of imported users. A user record has none, so they are left out, and the report says of how many users.
 */
import type { UserData } from './items.ts';

export function groupsOf({ groups }: UserData): {
  members: Record<string, unknown>;
  notes: readonly string[];
} {
  const notes = groups.length > 0 ? ['groups were left out: users have roles only'] : [];
  return { members: {}, notes };
}
