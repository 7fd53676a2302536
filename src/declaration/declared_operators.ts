/**
 * The operators among the users of the declarative file. What the file says of a user's role wins at each start; of a
 * user whose role it does not name, the role stays.
 */
import { byFile } from '../audit/room.ts';
import type { UserDeclaration } from '../config/schema/declaration.ts';
import { CardeaError } from '../errors.ts';
import type { Operators } from '../operators/room.ts';
import { isSameRecord } from '../storage/same_record.ts';
import type { Users } from '../users/room.ts';
import type { DeclaredName } from './declaration_record.ts';

/** What cannot be done to one user, and must not stop the start. */
const refusals = ['last_owner', 'user_disabled', 'too_many_operators', 'invalid_request'];

/**
 * Applied after the users themselves. `updated`: usernames of those whose role was another one; `refused`: those who were
 * not made what the file says, with the reason.
 */
export async function applyOperators(
  declarations: readonly Pick<UserDeclaration, 'username' | 'operator'>[],
  {
    users,
    operators,
  }: { users: Pick<Users, 'findByUsername'>; operators: Pick<Operators, 'set' | 'find'> },
): Promise<{
  declared: DeclaredName[];
  updated: string[];
  refused: { name: string; reason: string }[];
}> {
  const declared: DeclaredName[] = [];
  const updated: string[] = [];
  const refused: { name: string; reason: string }[] = [];
  for (const { username, operator } of ownersFirst(declarations)) {
    const user = operator && (await users.findByUsername(username));
    if (!user) continue;
    const { id, username: name } = user;
    declared.push({ kind: 'operator', id, name });
    try {
      const before = await operators.find(id);
      const { role, projects } = await operators.set(id, operator, byFile);
      const isSame =
        before !== undefined &&
        isSameRecord({ role, projects }, { role: before.role, projects: before.projects });
      if (before && !isSame) updated.push(name);
    } catch (error) {
      if (!(error instanceof CardeaError) || !refusals.includes(error.code)) throw error;
      refused.push({ name, reason: error.message });
    }
  }
  return { declared, updated, refused };
}

/** So that a file can hand ownership from one user to another. */
function ownersFirst<T extends Pick<UserDeclaration, 'operator'>>(declarations: readonly T[]): T[] {
  const isOwner = ({ operator }: T) => operator?.role === 'owner';
  return [...declarations].sort((one, other) => Number(isOwner(other)) - Number(isOwner(one)));
}
