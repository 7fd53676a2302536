/**
 * Addresses of the pages of users, below `/console`.
 */
export const usersPath = '/users';
/** Not below it: a user may have any id. */
export const newUserPath = '/new-user';

export const grantsPath = '/grants';

export function userPath(userId: string, below = ''): `/${string}` {
  return `${usersPath}/${encodeURIComponent(userId)}${below}`;
}

export const toUsers = { label: 'Users', href: usersPath };

export function trailTo({ id, username }: { id: string; username: string }) {
  return [toUsers, { label: username, href: userPath(id) }];
}
