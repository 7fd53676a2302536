/**
 * Addresses of the pages of groups, below `/console`.
 */
import { usersPath } from '../users/paths.ts';

export const groupsPath = '/groups';
/** Not below it: a group may have any name. */
export const newGroupPath = '/new-group';

export function groupPath(name: string, below = ''): `/${string}` {
  return `${groupsPath}/${encodeURIComponent(name)}${below}`;
}

/** The list of its members. */
export function membersOf(group: string): string {
  return `${usersPath}?${new URLSearchParams({ group })}`;
}
