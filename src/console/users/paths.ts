/**
 * Addresses of the pages of users, below `/console`.
 */
export const usersPath = '/users';
/** Not below it: a user may have any id. */
export const newUserPath = '/new-user';

export const grantsPath = '/grants';

/** The parameters of a user's page that say where a list on it goes on. */
export const pageAfter = { sessions: 'sessions_after', grants: 'grants_after' } as const;

export function userPath(userId: string, below = ''): `/${string}` {
  return `${usersPath}/${encodeURIComponent(userId)}${below}`;
}

export const toUsers = { label: 'Users', href: usersPath };

export function trailTo({ id, username }: { id: string; username: string }) {
  return [toUsers, { label: username, href: userPath(id) }];
}
