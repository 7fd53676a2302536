/**
 * Authenticators as they are kept: all that a person signs in with besides the password, in one record, so that two
 * changes at the same time cannot leave the person without any, and a code is spent once.
 */
import { sha256 } from '../digests.ts';
import type { AuditEvent } from './audit_events.ts';

/** A WebAuthn credential. Times in milliseconds since the epoch, as all here. */
export type PasskeyRecord = {
  /** The credential's id and public key (COSE), base64url. */
  id: string;
  publicKey: string;
  /** As the authenticator counted when it was last used; 0: it does not count. */
  counter: number;
  transports: string[];
  /** The authenticator's model. */
  aaguid: string;
  /** Whether it may be, and is, on several devices. */
  isSyncable: boolean;
  isSynced: boolean;
  /** As the person calls it. */
  name: string;
  createdAt: number;
  lastUsedAt?: number | undefined;
};

/** An authenticator app (RFC 6238). */
export type TotpRecord = {
  id: string;
  /** The shared secret, sealed. */
  sealed: string;
  name: string;
  /** The last time step that was used: it and earlier ones are spent. */
  lastStep: number;
  createdAt: number;
  lastUsedAt?: number | undefined;
};

/** A set of recovery codes; a new set replaces it. */
type RecoveryCodesRecord = {
  /** Hashes of those that are left. */
  hashes: string[];
  createdAt: number;
  lastUsedAt?: number | undefined;
};

/** Whom another OpenID provider knows the person as. */
type IdentityRecord = {
  /** The provider's id in the configuration. */
  provider: string;
  issuer: string;
  subject: string;
  /** As the provider shows the person; for the person only. */
  label: string;
  createdAt: number;
  lastUsedAt?: number | undefined;
};

export type AuthenticatorsRecord = {
  userId: string;
  passkeys: PasskeyRecord[];
  totps: TotpRecord[];
  recoveryCodes?: RecoveryCodesRecord | undefined;
  identities: IdentityRecord[];
  /** The version of the user whose password may be removed in favour of what is here (authentication/last_way_in.ts). */
  passwordGoesFrom?: number | undefined;
  /** Since when browsers that the person signs in with are told apart from others. */
  browsersNotedAt?: number | undefined;
  /** When a browser was last asked to make a passkey by itself. */
  passkeyOfferedAt?: number | undefined;
  createdAt: number;
  updatedAt: number;
  /** Grows by 1 with each change; starts at 1. */
  version: number;
};

/** An `event` that a write is given is kept with it, or neither is: AuditStore.unsettled. */
export type AuthenticatorStore = {
  find(userId: string): Promise<AuthenticatorsRecord | undefined>;
  /** Whose passkey or identity it is. */
  findByKey(key: string): Promise<AuthenticatorsRecord | undefined>;
  /** Throws DuplicateError when the person has a record, or a passkey or identity is another's. */
  create(record: AuthenticatorsRecord, event?: AuditEvent): Promise<void>;
  /** Replaces when the stored version is `record.version - 1`; false when another was faster or it is gone. Throws DuplicateError. */
  update(record: AuthenticatorsRecord, event?: AuditEvent): Promise<boolean>;
  /** False when there was none. */
  remove(userId: string, event?: AuditEvent): Promise<boolean>;
};

/** The key of a passkey, by its credential's id. */
export function passkeyKey(id: string): string {
  return `passkey:${sha256(id)}`;
}

/** The key of an identity: by issuer and subject (OpenID Connect Core section 2), never by an address. */
export function identityKey({ issuer, subject }: { issuer: string; subject: string }): string {
  return `identity:${sha256(JSON.stringify([issuer, subject]))}`;
}

/** All that lead to the record: one at least, as a unique index of MongoDB takes empty lists for the same. */
export function authenticatorKeys({
  userId,
  passkeys,
  identities,
}: AuthenticatorsRecord): string[] {
  const keys = [...passkeys.map(({ id }) => passkeyKey(id)), ...identities.map(identityKey)];
  return [`user:${userId}`, ...keys];
}
