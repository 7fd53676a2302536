/**
 * The users room. It owns who may sign in with a password, and every change to a user together with its audit
 * event and everything it ends. How often one may try to sign in (rate_limits/) and what a session is are not
 * its concern.
 */
import {
  type AuditContext,
  byFile,
  bySystem,
  type ChangeContext,
  type ChangeSink,
  changeOf,
  createdAs,
  onRecord,
} from '../audit/room.ts';
import type { PasswordMin } from '../authentication/room.ts';
import type { Clock } from '../clock.ts';
import type { UserDeclaration } from '../config/schema/declaration.ts';
import type { AuditEventType } from '../definitions/events.ts';
import { passwordLength } from '../definitions/lengths.ts';
import { normaliseName } from '../definitions/names.ts';
import { randomId } from '../digests.ts';
import { CardeaError } from '../errors.ts';
import type { PersonScopes } from '../scopes/room.ts';
import { changeRecord } from '../storage/change_record.ts';
import { DuplicateError } from '../storage/errors.ts';
import type { UserRecord, UserStore } from '../storage/users.ts';
import {
  changeRecordAndRevoke,
  type RevocationTarget,
  type RevokingSwitches,
  revocationOf,
} from '../tokens/room.ts';
import { claimsOf } from './claims.ts';
import { type DeclaredUsers, declareUsers } from './declared_users.ts';
import { createDeletions, type Deletions } from './deletions.ts';
import { createEmailChanges, type EmailChanges, withoutEmailLinks } from './email_changes.ts';
import { readHash } from './hashes/families.ts';
import { createImportedUsers, type ImportedUsers } from './imported_users.ts';
import type { Passwords } from './passwords.ts';
import { storableName } from './storable_names.ts';
import { requireTypedClaims } from './typed_claims.ts';

export type NewUser = {
  /** Default: a random one. */
  subject?: string | undefined;
  username: string;
  email?: string | undefined;
  emailVerified?: boolean | undefined;
  password?: string | undefined;
  claims?: Record<string, unknown> | undefined;
  groups?: string[] | undefined;
  roles?: string[] | undefined;
  disabled?: boolean | undefined;
};

/**
 * Absent fields stay; `email: null` removes the email. A new email is unverified unless the change says
 * otherwise.
 */
export type UserChange = {
  username?: string | undefined;
  email?: string | null | undefined;
  emailVerified?: boolean | undefined;
  claims?: Record<string, unknown> | undefined;
  groups?: string[] | undefined;
  roles?: string[] | undefined;
};

/** Where somebody signs in from, and at which client. */
type SignIn = Pick<AuditContext, 'ip' | 'requestId'> & { clientId?: string };

export type Users = Deletions &
  EmailChanges & {
    find(id: string): Promise<UserRecord | undefined>;
    /** Any spelling of the username is accepted. */
    findByUsername(username: string): Promise<UserRecord | undefined>;
    /** By username or email, in the same time whether or not there is one. */
    findByName(name: string): Promise<UserRecord | undefined>;
    /** By username, email or id, in that order. */
    lookUp(name: string): Promise<UserRecord | undefined>;
    list: UserStore['list'];
    /** Throws DuplicateError, or CardeaError `invalid_name`, `invalid_claims`, `invalid_password`, `pasted_hash` (400). */
    create(user: NewUser, by?: ChangeContext): Promise<UserRecord>;
    /**
     * The same for somebody who registers. `isAllowed` is asked once the password is known to be acceptable, so that what it
     * spends is not lost to a mistake; false: no user is made, and the answer is undefined.
     */
    register(
      user: NewUser,
      by: ChangeContext,
      isAllowed: () => Promise<boolean>,
    ): Promise<UserRecord | undefined>;
    /** Throws CardeaError `not_found` (404), and what create() throws. */
    update(id: string, change: UserChange, by?: ChangeContext): Promise<UserRecord>;
    /**
     * Also ends all sessions, grants and tokens of the user, as do disable() and remove(): both happen or neither
     * does, and another process finishes if this one crashes halfway. Throws CardeaError `not_found`,
     * `invalid_password`, `pasted_hash`, `conflict`.
     */
    setPassword(id: string, password: string, by?: ChangeContext): Promise<UserRecord>;
    /**
     * The same for somebody who has lost theirs. `isAllowed` is asked once the password is known to be acceptable, so that
     * what it spends is not lost to a mistake; false: nothing is changed.
     */
    recoverPassword(
      id: string,
      password: string,
      by: ChangeContext,
      isAllowed: () => Promise<boolean>,
    ): Promise<boolean>;
    /** Characters that a new password must have: of this user, or of one who is made with these roles. */
    passwordMin(of: string | { roles: readonly string[] }): Promise<number>;
    /** Ends nothing but that browsers are trusted: for a person who has just proven to be the one. Throws what setPassword() throws. */
    changePassword(id: string, password: string, by: ChangeContext): Promise<UserRecord>;
    /**
     * Takes the password from this version of the user and from no other: see authentication/last_way_in.ts. Browsers
     * are trusted no more. Throws CardeaError `version_mismatch` (412).
     */
    removePassword(id: string, version: number, by: ChangeContext): Promise<void>;
    /**
     * For a user who is already disabled, it ends whatever is left. Also ends the user's role as an operator, as remove()
     * does. Throws CardeaError `last_owner` (409), too.
     */
    disable(id: string, by?: ChangeContext): Promise<UserRecord>;
    enable(id: string, by?: ChangeContext): Promise<UserRecord>;
    remove(id: string, by?: ChangeContext): Promise<UserRecord>;
    /**
     * The user with this username or email and this password; undefined for a wrong password, an unknown or
     * disabled user, or a user without a password. All cases take the same time. A hash that is weaker than new ones, or
     * of another kind, is replaced. Throws CardeaError `busy` (503).
     */
    authenticate(
      usernameOrEmail: string,
      password: string,
      by?: SignIn,
    ): Promise<UserRecord | undefined>;
    /** Why a sign-in with this username or email failed: for the log, never for the person signing in. */
    signInFault(usernameOrEmail: string): Promise<string>;
    /** Applies the users of the declarative file; see declared_users.ts. Safe in several processes at once. */
    applyDeclared(users: readonly UserDeclaration[]): Promise<DeclaredUsers>;
    /** Users who come from another server. */
    imported: ImportedUsers;
    /** All claims of a user that anybody may get, except `sub` (OpenID Connect Core section 5.1). */
    claimsOf(user: UserRecord): Record<string, unknown>;
  };

/** Claims that name a person (OpenID Connect Core section 5.1). */
const nameClaims = ['name', 'given_name', 'family_name', 'middle_name', 'nickname'];

/** Called when somebody else than the person has changed the address of a user. */
type EmailSet = (before: UserRecord, after: UserRecord) => Promise<void>;

/** Called before a user is disabled or deleted. What it throws prevents that. */
type UserEnds = (id: string, by: AuditContext) => Promise<void>;

export type UsersDependencies = {
  store: UserStore;
  passwords: Pick<Passwords, 'hash' | 'hashAgain' | 'verify' | 'match'>;
  killSwitches: RevokingSwitches;
  scopes: Pick<PersonScopes, 'isReleased'>;
  clock: Clock;
  audit: ChangeSink;
  /** Default: nothing is in the way. */
  userEnds?: UserEnds;
  /** Called after a user was deleted, to remove what is of no use to anybody else. Default: nothing is. */
  userGone?: (id: string) => Promise<void>;
  /** Default: nobody is told. */
  emailSet?: EmailSet;
  /** Characters that a new password must have; default: as many as where it is all there is. */
  passwordMin?: PasswordMin;
  /** Words of the site, which no password may hold. */
  siteWords?: readonly string[];
};

export function createUsers({
  store,
  passwords,
  scopes,
  killSwitches,
  clock,
  audit,
  userEnds = async () => {},
  userGone = async () => {},
  emailSet = async () => {},
  passwordMin = async () => passwordLength.alone,
  siteWords = [],
}: UsersDependencies): Users {
  const findByUsername = (username: string) => store.findByUsername(normaliseName(username));

  const findKnown = async (id: string) => {
    const user = await store.find(id);
    if (!user) throw noSuchUser();
    return user;
  };

  /** What a new password of somebody must be; `id` is undefined for somebody who is being made. */
  const rulesFor = async ({
    id,
    username,
    email,
    claims = {},
    roles = [],
  }: NewUser & { id?: string }) => ({
    least: await passwordMin({ id, roles }),
    words: [...siteWords, username, email, ...nameClaims.map((name) => claims[name])],
  });

  const newPassword = async (id: string, password: string) => ({
    passwordHash: await passwords.hash(password, await rulesFor(await findKnown(id))),
    ...{ passwordChangedAt: clock.now(), declaredHash: null },
  });

  /** Of somebody who is being made, when all that was said of them is right. */
  const firstPassword = async (user: NewUser) => {
    requireTypedClaims(user.claims);
    const { password } = user;
    if (password === undefined) return {};
    return { passwordHash: await passwords.hash(password, await rulesFor(user)) };
  };

  const endWith = (
    id: string,
    type: AuditEventType,
    by: ChangeContext,
    decide: (user: UserRecord) => Partial<UserRecord> | null | undefined,
    target: RevocationTarget = { accountId: id },
  ) =>
    changeRecordAndRevoke<UserRecord>(
      { killSwitches, clock },
      {
        ...{
          record: 'user',
          id,
          target,
          type,
          by,
          decide,
          contended: userConflict,
        },
        find: () => findKnown(id),
      },
    );

  /**
   * Applies `change` to the newest version and retries if somebody else wrote meanwhile. Undefined: nothing to
   * change.
   */
  async function modify(
    id: string,
    type: AuditEventType,
    by: ChangeContext,
    change: (user: UserRecord) => Partial<UserRecord> | undefined,
  ): Promise<{ record: UserRecord; changed: boolean }> {
    const find = () => findKnown(id);
    const update = (next: UserRecord, found: UserRecord) => {
      const difference = changeOf({ kind: 'user', id }, found, next);
      return audit.recordChange(
        { type, outcome: 'success', userId: id, ...onRecord(by), ...difference },
        (event) => store.update(next, event),
      );
    };
    const { expectedVersion } = by;
    return changeRecord(
      { find, update, contended: userConflict, clock, expectedVersion },
      async (user) => {
        const difference = change(user);
        if (difference) await requireUnambiguous(id, difference);
        return difference;
      },
    );
  }

  /** No text may name two users, one by username and the other by email. */
  async function requireUnambiguous(id: string, { username, email }: Partial<UserRecord>) {
    const others = await Promise.all([
      username !== undefined ? store.findByEmail(username) : undefined,
      email ? store.findByUsername(email) : undefined,
    ]);
    const [byEmail, byUsername] = others.map((other) => other && other.id !== id);
    if (byEmail) throw new DuplicateError('A user with this username as email');
    if (byUsername) throw new DuplicateError('A user with this email as username');
  }

  async function insert(
    user: NewUser,
    hashes: Pick<UserRecord, 'passwordHash' | 'declaredHash'>,
    by: AuditContext,
  ) {
    const now = clock.now();
    const record: UserRecord = {
      id: user.subject ?? randomId(),
      username: storableName(user.username, 'username'),
      email: user.email === undefined ? undefined : storableName(user.email, 'email'),
      emailVerified: user.email !== undefined && user.emailVerified === true,
      ...hashes,
      claims: user.claims ?? {},
      groups: user.groups ?? [],
      roles: user.roles ?? [],
      ...(user.disabled && { disabledAt: now }),
      createdAt: now,
      updatedAt: now,
      version: 1,
    };
    await requireUnambiguous(record.id, record);
    const { id: userId } = record;
    const made = createdAs({ kind: 'user', id: userId }, record);
    await audit.recordChange(
      { type: 'user.created', outcome: 'success', userId, ...onRecord(by), ...made },
      (event) => store.create(record, event).then(() => true),
    );
    return record;
  }

  /** Rehashes while the password is at hand. Fails silently: the next sign-in tries again. */
  async function rehash(user: UserRecord, password: string, by: SignIn): Promise<UserRecord> {
    const { family: from } = readHash(user.passwordHash ?? '') ?? {};
    try {
      const next = {
        ...user,
        passwordHash: await passwords.hashAgain(password),
        version: user.version + 1,
      };
      const isDone = await audit.recordChange(
        {
          ...{ type: 'user.password_rehashed', outcome: 'success', userId: user.id },
          ...{ target: { kind: 'user', id: user.id }, ...by, details: { from } },
        },
        (event) => store.update(next, event),
      );
      return isDone ? next : user;
    } catch (error) {
      if (error instanceof CardeaError) return user;
      throw error;
    }
  }

  return {
    find: (id) => store.find(id),
    findByUsername,
    findByName: (name) => store.findByName(normaliseName(name)),
    lookUp: async (name) =>
      (await store.findByName(normaliseName(name))) ?? (await store.find(name)),
    list: (options) => store.list(options),
    claimsOf: (user) => claimsOf(user, scopes),

    create: async (user, by = bySystem) => insert(user, await firstPassword(user), by),

    async register(user, by, isAllowed) {
      const hashes = await firstPassword(user);
      return (await isAllowed()) ? insert(user, hashes, by) : undefined;
    },

    async update(id, { username, email, ...change }, by = bySystem) {
      requireTypedClaims(change.claims);
      const names = {
        username: username === undefined ? undefined : storableName(username, 'username'),
        email: email == null ? email : storableName(email, 'email'),
      };
      let before: UserRecord | undefined;
      const { record } = await modify(id, 'user.updated', by, (user) => {
        before = user;
        const address = names.email === undefined ? user.email : (names.email ?? undefined);
        const stillVerified = address === user.email && user.emailVerified;
        return {
          username: names.username ?? user.username,
          email: address,
          emailVerified: address !== undefined && (change.emailVerified ?? stillVerified),
          ...withoutEmailLinks(user, address),
          claims: change.claims ?? user.claims,
          groups: change.groups ?? user.groups,
          roles: change.roles ?? user.roles,
        };
      });
      if (before && before.email !== record.email) await emailSet(before, record);
      return record;
    },

    async setPassword(id, password, by = bySystem) {
      const to = await newPassword(id, password);
      await endWith(id, 'user.password_changed', by, () => to);
      return findKnown(id);
    },

    async recoverPassword(id, password, by, isAllowed) {
      const to = await newPassword(id, password);
      if (!(await isAllowed())) return false;
      await endWith(id, 'user.password_changed', by, () => to);
      return true;
    },

    async changePassword(id, password, by) {
      const to = await newPassword(id, password);
      return (await modify(id, 'user.password_changed', by, () => to)).record;
    },

    async removePassword(id, version, by) {
      const to = { passwordHash: undefined, declaredHash: null, passwordChangedAt: clock.now() };
      const on = { ...by, expectedVersion: version };
      await modify(id, 'user.password_removed', on, () => to);
    },

    async disable(id, by = bySystem) {
      const disabledAt = clock.now();
      await userEnds(id, by);
      const { changed } = await endWith(id, 'user.disabled', by, (user) =>
        user.disabledAt === undefined ? { disabledAt } : undefined,
      );
      if (!changed) {
        const { target, order } = revocationOf.user(id);
        await killSwitches.throwSwitch(target, {
          ...order,
          ...onRecord(by),
          reason: by.reason ?? 'user.disabled',
        });
      }
      return findKnown(id);
    },
    async enable(id, by = bySystem) {
      const { record } = await modify(id, 'user.enabled', by, (user) =>
        user.disabledAt === undefined ? undefined : { disabledAt: undefined },
      );
      return record;
    },

    async remove(id, by = bySystem) {
      await userEnds(id, by);
      const { found } = await endWith(id, 'user.deleted', by, () => null);
      await userGone(id);
      return found;
    },

    async authenticate(usernameOrEmail, password, by = {}) {
      const user = await store.findByName(normaliseName(usernameOrEmail));
      // The right password of a disabled user takes as long as a wrong one.
      const encoded = user?.disabledAt === undefined ? user?.passwordHash : undefined;
      const { matches, isOutdated } = await passwords.match(encoded, password);
      if (!user || !matches) return undefined;
      return isOutdated ? rehash(user, password, by) : user;
    },

    async signInFault(usernameOrEmail) {
      const user = await store.findByName(normaliseName(usernameOrEmail));
      if (!user) return 'there is no such user';
      if (user.disabledAt !== undefined) return 'the user is disabled';
      return user.passwordHash ? 'the password is wrong' : 'the user has no password';
    },

    ...createDeletions({ store, clock, findKnown, endWith, modify, userEnds, userGone }),
    ...createEmailChanges({ modify, killSwitches, clock }),
    passwordMin: async (of) =>
      typeof of === 'string'
        ? (await rulesFor(await findKnown(of))).least
        : passwordMin({ id: undefined, roles: of.roles }),

    imported: createImportedUsers({ store, insert }),

    applyDeclared: (declarations) =>
      declareUsers(declarations, {
        find: findByUsername,
        insert: ({ email_verified, ...user }, hashes, by) =>
          insert({ ...user, emailVerified: email_verified }, hashes, by),
        modify: (id, change) => modify(id, 'user.updated', byFile, change),
        setHashes: async (id, by, decide) =>
          (await endWith(id, 'user.password_changed', by, decide)).changed,
        passwords,
      }),
  };
}

function noSuchUser(): CardeaError {
  return new CardeaError({ code: 'not_found', status: 404, message: 'No such user.' });
}

function userConflict(): CardeaError {
  return new CardeaError({
    code: 'conflict',
    status: 409,
    message: 'Somebody else is changing the user. Try again.',
    retryAfter: 1,
  });
}
