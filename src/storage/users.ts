/**
 * Users as they are kept.
 */
import type { AuditEvent } from './audit_events.ts';

export type UserRecord = {
  /** The stable subject identifier: random, or that of the server that the user comes from. Never changes. */
  id: string;
  /** Unique, lower case (normalised by the users room). */
  username: string;
  email?: string | undefined;
  emailVerified: boolean;
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
  /** Claims beyond email: OpenID Connect's (Core section 5.1), and those that the declarative file releases. */
  claims: Record<string, unknown>;
  /** Absent in records from before there were groups. */
  groups?: string[] | undefined;
  roles: string[];
  disabledAt?: number | undefined;
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
  /** Ascending by username, after `after`. */
  list(options: { after?: string | undefined; limit: number }): Promise<UserRecord[]>;
  /** Throws DuplicateError when the id, the username or the email is taken. */
  create(record: UserRecord, event?: AuditEvent): Promise<void>;
  /** Replaces when the stored version is `record.version - 1`; false when another was faster or it is gone. Throws DuplicateError. */
  update(record: UserRecord, event?: AuditEvent): Promise<boolean>;
  remove(id: string): Promise<boolean>;
};
