/**
 * The door of this room: what other rooms may import.
 */

export { importBreachedPasswords, openBreachedPasswords } from './breached_passwords.ts';
export { declaredUserProblems } from './declared_problems.ts';
export { formerEmail, isReturn, openEmailRequest } from './email_changes.ts';
export { createGroups, type Group, type Groups, undescribedVersion } from './groups.ts';
export { readHash } from './hashes/families.ts';
export type { ImportedUser, ImportedUsers } from './imported_users.ts';
export { createKnownUsers } from './known_users.ts';
export { createPasswords, type Passwords } from './passwords.ts';
export { createUsers, type UserChange, type Users } from './service.ts';
export { withSteps } from './traced_passwords.ts';
