/** A user as pages name them. */
import type { PageUser } from '../pages/page_data.ts';

export function pageUser({
  username,
  claims: { name },
}: {
  username: string;
  claims: Readonly<Record<string, unknown>>;
}): PageUser {
  return { username, name: typeof name === 'string' ? name : undefined };
}
