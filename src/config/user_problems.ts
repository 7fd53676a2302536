/**
 * The check of one user by the schema of the declarative file, for whatever else takes users: the same rules in the same
 * words. What users must hold between each other is users/declared_problems.ts's.
 */
import { problemsOf } from './issues.ts';
import type { Problem } from './problems.ts';
import { createDeclarationLookup } from './reference.ts';
import { type UserDeclaration, userSchema } from './schema/declaration.ts';

/** Places begin at the user: `claims.birthdate`. `user` is there if there are no problems. */
export type ReadUser = (data: Readonly<Record<string, unknown>>) => {
  problems: Problem[];
  user?: UserDeclaration;
};

export function createUserReader(): ReadUser {
  const lookup = createDeclarationLookup();
  return (data) => {
    const parsed = userSchema.safeParse(data);
    if (parsed.success) return { problems: [], user: parsed.data };
    const { issues } = parsed.error;
    return { problems: problemsOf(issues, data, (path) => lookup(['users', 0, ...path])) };
  };
}
