/**
 * Projects as they are kept: consumers of an API, in whose name API keys are held.
 */
import type { AuditEvent } from './audit_events.ts';
import { conditionsOn, type Listing, type ListOptions } from './listing.ts';
import type { Page } from './pages.ts';

export type ProjectRecord = {
  /** Random, never reused. */
  id: string;
  /** Unique, as it was given. */
  name: string;
  /** The API (identifier) that its keys are for. */
  api: string;
  /** The scopes that its keys may have at most; absent: all that the API defines. */
  scopes?: string[] | undefined;
  tier?: string | undefined;
  /** Ids of users. */
  ownerId?: string | undefined;
  memberIds: string[];
  /** Milliseconds since the epoch; absent: enabled. Keys of a disabled project are not valid. */
  disabledAt?: number | undefined;
  createdAt: number;
  updatedAt: number;
  /** Grows by 1 with each change; starts at 1. */
  version: number;
};

/** An `event` that a write is given is kept with it, or neither is: AuditStore.unsettled. */
export type ProjectStore = {
  find(id: string): Promise<ProjectRecord | undefined>;
  findByName(name: string): Promise<ProjectRecord | undefined>;
  /**
   * Ascending by name from behind the `next` of the page before, or with a text by the words that match it: those of
   * name and id. Bounded: a page may be short and go on.
   */
  list(options: ProjectListOptions): Promise<Page<ProjectRecord>>;
  /** Throws DuplicateError when the id or the name is taken. */
  create(record: ProjectRecord, event?: AuditEvent): Promise<void>;
  /** Replaces when the stored version is `record.version - 1`; false when another was faster or it is gone. Throws DuplicateError. */
  update(record: ProjectRecord, event?: AuditEvent): Promise<boolean>;
  remove(id: string, event?: AuditEvent): Promise<boolean>;
};

export type ProjectListOptions = ListOptions & {
  api?: string | undefined;
  ownerId?: string | undefined;
};

export const projectListing: Listing<ProjectRecord, 'owner_id' | 'api'> = {
  kind: 'project',
  nameOf: ({ name }) => name,
  idOf: ({ id }) => id,
  textsOf: ({ id, name }) => ({ ids: [id], texts: [name] }),
  linksOf: ({ ownerId, api }) => ({ owner_id: ownerId, api }),
};

export function projectConditions({ ownerId, api }: ProjectListOptions) {
  return conditionsOn({ owner_id: ownerId, api });
}
