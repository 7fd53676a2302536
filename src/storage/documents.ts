/**
 * Documents: a few named records that change by compare-and-set (the keyset, a lease, the schema
 * version). The version starts at 1 and grows by 1 with each change.
 */
import type { AuditEvent } from './audit_events.ts';

export type VersionedDocument<T> = { version: number; value: T };

export type DocumentStore = {
  get<T>(name: string): Promise<VersionedDocument<T> | undefined>;
  /**
   * Writes when the stored version is `expected` (0: absent). False, and no change, when another was faster. `events`
   * are kept with what is written, or neither is: AuditStore.unsettled.
   */
  compareAndSet<T>(
    name: string,
    expected: number,
    value: T,
    events?: readonly AuditEvent[],
  ): Promise<boolean>;
};
