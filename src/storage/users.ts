/**
 * Users as they are kept.
 */
import type { AuditEvent } from './audit_events.ts';
import {
  conditionsOn,
  enabledCondition,
  type Listing,
  type ListOptions,
  stateOf,
} from './listing.ts';
import type { Page } from './pages.ts';

export type UserRecord = {
  /** The stable subject identifier: random, or that of the server that the user comes from. Never changes. */
  id: string;
  /** Unique, lower case (normalised by the users room). */
  username: string;
  email?: string | undefined;
  emailVerified: boolean;
  /** The address that the person asked for, until somebody who reads it confirms that. Times in ms. */
  emailRequest?: { email: string; link: string; at: number; expiresAt: number } | undefined;
  /** Addresses that the person had before, each with the link that restores it until then (ms). The oldest first. */
  formerEmails?: { email: string; link: string; until: number }[] | undefined;
  /**
   * An encoded argon2id hash, or an imported one of another kind until the first sign-in. Absent: cannot sign in with a
   * password.
   */
  passwordHash?: string | undefined;
  /**
   * SHA-256 of the password_hash in the declarative file that this password came from, which may have been hashed
   * anew since. Null: another password was set by then.
   */
  declaredHash?: string | null | undefined;
  /** When somebody last chose another password, if they did: milliseconds since the epoch. */
  passwordChangedAt?: number | undefined;
  /** Claims beyond email: OpenID Connect's (Core section 5.1), and those that the declarative file releases. */
  claims: Record<string, unknown>;
  /** Absent in records from before there were groups. */
  groups?: string[] | undefined;
  roles: string[];
  disabledAt?: number | undefined;
  /** That it is to be removed, and when: milliseconds since the epoch. Until then nobody can use it. */
  deletion?: { requestedAt: number; at: number } | undefined;
  createdAt: number;
  updatedAt: number;
  version: number;
};

/** An `event` that a write is given is kept with it, or neither is: AuditStore.unsettled. */
export type UserStore = {
  find(id: string): Promise<UserRecord | undefined>;
  findByUsername(username: string): Promise<UserRecord | undefined>;
  findByEmail(email: string): Promise<UserRecord | undefined>;
  /** The one with this username, or else with this email; in the same time for either. */
  findByName(name: string): Promise<UserRecord | undefined>;
  /**
   * Ascending by username from behind the `next` of the page before, or with a text by the words that match it. A text
   * is matched by username, email, names and id. Bounded: a page may be short and go on.
   */
  list(options: UserListOptions): Promise<Page<UserRecord>>;
  /** How many are in this group, counted up to `most`. */
  countInGroup(group: string, most: number): Promise<number>;
  /**
   * The names of groups that users are in, ascending, after `after`. One that its last member has just left may still
   * be there.
   */
  groupNames(options: { after?: string | undefined; limit: number }): Promise<string[]>;
  /** Throws DuplicateError when the id, the username or the email is taken. */
  create(record: UserRecord, event?: AuditEvent): Promise<void>;
  /** Replaces when the stored version is `record.version - 1`; false when another was faster or it is gone. Throws DuplicateError. */
  update(record: UserRecord, event?: AuditEvent): Promise<boolean>;
  remove(id: string): Promise<boolean>;
};

export type UserListOptions = ListOptions & {
  group?: string | undefined;
  enabled?: boolean | undefined;
  /** Only those that are to be removed. */
  isLeaving?: true | undefined;
};

/** What the store has in the column of those that are to be removed. */
const leaving = 'requested';

export const userListing: Listing<UserRecord, 'state' | 'groups' | 'deletion'> = {
  kind: 'user',
  nameOf: ({ username }) => username,
  idOf: ({ id }) => id,
  textsOf: ({ id, username, email, claims: { name, given_name, family_name } }) => ({
    ...{ ids: [id], texts: [username, email, name, given_name, family_name] },
  }),
  linksOf: (user) => ({
    ...{ state: stateOf(user), groups: user.groups },
    deletion: user.deletion && leaving,
  }),
};

export function userConditions({ group, enabled, isLeaving }: UserListOptions) {
  const links = conditionsOn({ deletion: isLeaving && leaving, groups: group });
  return [...links, ...enabledCondition(enabled)];
}

/** Whether anybody can use it: it is neither disabled nor to be removed. */
export function isUserActive({
  disabledAt,
  deletion,
}: Pick<UserRecord, 'disabledAt' | 'deletion'>): boolean {
  return disabledAt === undefined && deletion === undefined;
}
