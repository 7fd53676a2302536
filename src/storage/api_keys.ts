/**
 * API keys as they are kept: what a key may do, and the hash that it is found by. The key itself is nowhere.
 */
import type { KeyEnvironment } from '../definitions/api_keys.ts';
import { dayMs } from '../definitions/units.ts';
import type { AuditEvent } from './audit_events.ts';
import { conditionsOn, type Listing, type ListOptions } from './listing.ts';
import type { Page } from './pages.ts';

export type ApiKeyRecord = {
  /** Public, random, never reused: `key_…`. */
  id: string;
  /** SHA-256 of the whole key, base64url; unique, and never changed. */
  hash: string;
  /** The first eight and the last four characters of the key, for people to tell keys apart. */
  display: { start: string; end: string };
  /** The id of the first key of those that replaced each other; limits and usage are shared along it. */
  lineage: string;
  /** The key (id) that replaces this one, since it was rotated. */
  replacedBy?: string | undefined;
  name: string;
  api: string;
  scopes: string[];
  environment: KeyEnvironment;
  /** Exactly one of the two. */
  projectId?: string | undefined;
  userId?: string | undefined;
  /** In place of the project's. */
  tier?: string | undefined;
  /** In place of the tier's. */
  limits?:
    | { requestsPerMinute?: number | undefined; requestsPerMonth?: number | undefined }
    | undefined;
  /** CIDR networks that it may be used from; none: from anywhere. */
  allowIps: string[];
  metadata: Record<string, string>;
  /** Who made it: `operator`, `user:<id>`, `client:<id>`. */
  createdBy: string;
  createdAt: number;
  updatedAt: number;
  /** Milliseconds since the epoch; absent: no end. */
  expiresAt?: number | undefined;
  disabledAt?: number | undefined;
  revokedAt?: number | undefined;
  /** Grows by 1 with each change; starts at 1. */
  version: number;
};

/**
 * How long a key that expired or was revoked is kept (ms), so that its use and its leak are still told from
 * those of a key that never was. Then a purge removes it.
 */
export const keepEndedKeysMs = 90 * dayMs;

/** When the key expires or was revoked, whichever is first (ms); undefined: never. */
export function endOf({ expiresAt, revokedAt }: ApiKeyRecord): number | undefined {
  if (expiresAt === undefined || revokedAt === undefined) return expiresAt ?? revokedAt;
  return Math.min(expiresAt, revokedAt);
}

/** Of the last use, to the minute; kept beside the record, so that using a key never changes it. */
export type ApiKeyUse = {
  keyId: string;
  /** Milliseconds since the epoch; the greater wins. */
  lastUsedAt: number;
};

/** An `event` that a write is given is kept with it, or neither is: AuditStore.unsettled. */
export type ApiKeyStore = {
  find(id: string): Promise<ApiKeyRecord | undefined>;
  findByHash(hash: string): Promise<ApiKeyRecord | undefined>;
  /**
   * Ascending by id from behind the `next` of the page before, or with a text by the words that match it: those of name,
   * id and first characters. Bounded: a page of several conditions may be short and go on.
   */
  list(options: ApiKeyListOptions): Promise<Page<ApiKeyRecord>>;
  /** Neither revoked nor expired by `from`, expiring before `until`; ascending by expiry, at most `limit`. */
  expiring(options: { from: number; until: number; limit: number }): Promise<ApiKeyRecord[]>;
  /** Throws DuplicateError when the id or the hash is taken. */
  create(record: ApiKeyRecord, event?: AuditEvent): Promise<void>;
  /** Replaces when the stored version is `record.version - 1`; false when another was faster or it is gone. */
  update(record: ApiKeyRecord, event?: AuditEvent): Promise<boolean>;
  /** Removes the key and its last use; false when it is gone. */
  remove(id: string): Promise<boolean>;
  /** Records uses, in one write; those of keys that are gone are left out. */
  touch(uses: readonly ApiKeyUse[]): Promise<void>;
  /** When each of these was used last; keys that never were are left out. */
  lastUses(keyIds: readonly string[]): Promise<ApiKeyUse[]>;
};

export type ApiKeyListOptions = ListOptions & {
  projectId?: string | undefined;
  userId?: string | undefined;
  lineage?: string | undefined;
  api?: string | undefined;
  /** The first eight characters of the key, and its last four. */
  displayStart?: string | undefined;
  displayEnd?: string | undefined;
};

type ApiKeyColumn = 'lineage' | 'user_id' | 'project_id' | 'display_end' | 'api' | 'display_start';

export const apiKeyListing: Listing<ApiKeyRecord, ApiKeyColumn> = {
  kind: 'api_key',
  nameOf: ({ id }) => id,
  idOf: ({ id }) => id,
  textsOf: ({ id, name, display }) => ({ ids: [id, display.start], texts: [name] }),
  expiryOf(key) {
    const end = endOf(key);
    return end === undefined ? undefined : end + keepEndedKeysMs + dayMs;
  },
  linksOf: ({ lineage, userId, projectId, api, display }) => ({
    ...{ lineage, user_id: userId, project_id: projectId, api },
    ...{ display_start: display.start, display_end: display.end },
  }),
};

/** All keys of a server begin alike, so their beginning leaves the most. */
export function apiKeyConditions(options: ApiKeyListOptions) {
  const { lineage, userId, projectId, displayEnd, api, displayStart } = options;
  return conditionsOn({
    ...{ lineage, user_id: userId, project_id: projectId, display_end: displayEnd, api },
    display_start: displayStart,
  });
}
