/**
 * Clients as they are kept: RFC 7591 metadata (without secrets) plus what only Cardea knows of them.
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

export type ClientSecretHash = {
  /** SHA-256 of the secret, base64url. */
  hash: string;
  createdAt: number;
  /** Milliseconds since the epoch; absent: no end. */
  expiresAt?: number | undefined;
};

export type ClientRecord = {
  clientId: string;
  /** RFC 7591 client metadata, snake_case, without client_secret. */
  metadata: Record<string, unknown>;
  secretHashes: ClientSecretHash[];
  /**
   * Who says what the client is: the declarative file, an operator, or the client itself, by dynamic registration
   * (RFC 7591) with an initial access token (`dynamic`) or without one (`open`), or by its metadata document.
   */
  source: 'file' | 'operator' | 'dynamic' | 'open' | 'document';
  /** Of a metadata document: until when it is good without being fetched again. Milliseconds since the epoch. */
  freshUntil?: number | undefined;
  /** What an operator allows a client that registered itself, by member of its metadata. */
  bounds?: Record<string, unknown> | undefined;
  /** Milliseconds since the epoch; absent: enabled. */
  disabledAt?: number | undefined;
  /**
   * When the record goes unless somebody has granted the client something by then; absent: it stays. Milliseconds since
   * the epoch. An expired record may still be there.
   */
  expiresAt?: number | undefined;
  createdAt: number;
  updatedAt: number;
  /** Grows by 1 with each change; starts at 1. */
  version: number;
};

/** Of a use, to the minute; kept beside the record, so that using a client never changes it. */
export type ClientUse = {
  clientId: string;
  /** The hash of the secret that it proved itself with; absent: by something else. */
  secretHash?: string | undefined;
  /** Milliseconds since the epoch; the greater wins. */
  lastUsedAt: number;
};

export type ClientUses = {
  clientId: string;
  lastUsedAt: number;
  /** By the hash of the secret. */
  secrets: Readonly<Record<string, number>>;
};

/** An `event` that a write is given is kept with it, or neither is: AuditStore.unsettled. */
export type ClientStore = {
  find(clientId: string): Promise<ClientRecord | undefined>;
  /**
   * Ascending by client id from behind the `next` of the page before, or with a text by the words that match it: those
   * of client id and name. Bounded: a page may be short and go on.
   */
  list(options: ClientListOptions): Promise<Page<ClientRecord>>;
  /** Throws DuplicateError when the client id is taken. */
  create(record: ClientRecord, event?: AuditEvent): Promise<void>;
  /** Replaces when the stored version is `record.version - 1`; false when another was faster or it is gone. */
  update(record: ClientRecord, event?: AuditEvent): Promise<boolean>;
  /** Removes the client and its uses; false when there was none. */
  remove(clientId: string): Promise<boolean>;
  /** Records uses, in one write; those of clients that are gone are left out. */
  touch(uses: readonly ClientUse[]): Promise<void>;
  /** When each of these and of its secrets was used last; clients that never were are left out. */
  lastUses(clientIds: readonly string[]): Promise<ClientUses[]>;
};

export type ClientListOptions = ListOptions & {
  source?: ClientRecord['source'] | undefined;
  enabled?: boolean | undefined;
  /** One that its metadata names. */
  api?: string | undefined;
};

export const clientListing: Listing<ClientRecord, 'state' | 'source' | 'apis'> = {
  kind: 'client',
  nameOf: ({ clientId }) => clientId,
  idOf: ({ clientId }) => clientId,
  textsOf: ({ clientId, metadata }) => ({ ids: [], texts: [clientId, metadata.client_name] }),
  expiryOf: ({ expiresAt }) => expiresAt,
  linksOf: (client) => ({
    ...{ state: stateOf(client), source: client.source },
    apis: apisOf(client),
  }),
};

/** Fewer are disabled than are for any one API, or come from any one source. */
export function clientConditions({ source, enabled, api }: ClientListOptions) {
  return [...enabledCondition(enabled), ...conditionsOn({ apis: api, source })];
}

function apisOf({ metadata: { apis } }: ClientRecord): string[] | undefined {
  if (!Array.isArray(apis) || apis.length === 0) return undefined;
  return [...new Set(apis.map(String))];
}
