/**
 * Whose password the declarative file has: the next start restores it, so nothing else changes it.
 */
import type { Declaration } from '../config/schema/declaration.ts';
import { normaliseName } from '../definitions/names.ts';

export function declaredPasswords({
  users,
}: Pick<Declaration, 'users'>): (username: string) => boolean {
  const names = new Set(
    users
      .filter(({ password, password_hash: hash }) => (password ?? hash) !== undefined)
      .map(({ username }) => normaliseName(username)),
  );
  return (username) => names.has(normaliseName(username));
}
