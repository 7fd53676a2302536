/**
 * Groups as they are kept: what operators say about a group. Who is in it is said by the users (UserRecord), who may also
 * be in groups that have no record.
 */
import type { AuditEvent } from './audit_events.ts';
import type { Page } from './pages.ts';

export type GroupRecord = {
  /** Its id; unique, never changed. */
  name: string;
  description?: string | undefined;
  createdAt: number;
  updatedAt: number;
  /** Grows by 1 with each change; starts at 1. */
  version: number;
};

/** An `event` that a write is given is kept with it, or neither is: AuditStore.unsettled. */
export type GroupStore = {
  find(name: string): Promise<GroupRecord | undefined>;
  /** Ascending by name, after `after`. */
  list(options: { after?: string | undefined; limit: number }): Promise<Page<GroupRecord>>;
  /** Throws DuplicateError when the name is taken. */
  create(record: GroupRecord, event?: AuditEvent): Promise<void>;
  /** Replaces when the stored version is `record.version - 1`; false when another was faster or it is gone. */
  update(record: GroupRecord, event?: AuditEvent): Promise<boolean>;
  /** Its members stay in it. */
  remove(name: string, event?: AuditEvent): Promise<boolean>;
};
