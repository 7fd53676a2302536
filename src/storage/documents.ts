/**
 * Documents: a few named records that change by compare-and-set (the keyset, a lease, the schema
 * version). The version starts at 1 and grows by 1 with each change.
 */
export type VersionedDocument<T> = { version: number; value: T };

export type DocumentStore = {
  get<T>(name: string): Promise<VersionedDocument<T> | undefined>;
  /** Writes when the stored version is `expected` (0: absent). False, and no change, when another was faster. */
  compareAndSet<T>(name: string, expected: number, value: T): Promise<boolean>;
};
