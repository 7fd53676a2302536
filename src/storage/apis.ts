/**
 * APIs as they are kept: the members that the declarative file's schema gives them, plus what only Cardea knows of them.
 */
import type { AuditEvent } from './audit_events.ts';

export type ApiRecord = {
  /** The audience of its tokens. */
  identifier: string;
  /** Further names of it. No two records share a name, be it an identifier or an alias. */
  aliases: string[];
  /** Its other members, by their names in the declarative file, as the schema reads them. */
  members: Record<string, unknown>;
  /** Who says what the API is. */
  source: 'file' | 'operator';
  /**
   * When an API that had the identifier earlier was removed; 0: there was none. What that one was granted is not for
   * this one: API keys made before then, and consents and tokens that know of another `since`. Milliseconds since the
   * epoch.
   */
  since: number;
  /** Milliseconds since the epoch; absent: enabled. Nothing is issued for a disabled API. */
  disabledAt?: number | undefined;
  createdAt: number;
  updatedAt: number;
  /** Grows by 1 with each change; starts at 1. */
  version: number;
};

/** An `event` that a write is given is kept with it, or neither is: AuditStore.unsettled. */
export type ApiStore = {
  find(identifier: string): Promise<ApiRecord | undefined>;
  /** Ascending by identifier, after `after`. */
  list(options: { after?: string | undefined; limit: number }): Promise<ApiRecord[]>;
  /** Throws DuplicateError when its identifier or one of its aliases names another. */
  create(record: ApiRecord, event?: AuditEvent): Promise<void>;
  /** Replaces when the stored version is `record.version - 1`; false when another was faster or it is gone. Throws DuplicateError. */
  update(record: ApiRecord, event?: AuditEvent): Promise<boolean>;
  /** False when there was none. */
  remove(identifier: string, event?: AuditEvent): Promise<boolean>;
};

/** All that lead to it. */
export function apiNames({ identifier, aliases }: ApiRecord): string[] {
  return [identifier, ...aliases];
}
