/**
 * A cache of bounded size that drops the least recently used entries.
 */
export type LruCache<Value> = {
  get(key: string): Value | undefined;
  set(key: string, value: Value): void;
  delete(key: string): void;
};

/** A bound on all entries together, beside their number; `sizeOf` must not change. */
type Bytes<Value> = { bytes: number; sizeOf: (value: Value) => number };

const unbounded = { bytes: Number.POSITIVE_INFINITY, sizeOf: () => 0 };

export function createLruCache<Value>(
  most: number,
  { bytes, sizeOf }: Bytes<Value> = unbounded,
): LruCache<Value> {
  // Two generations: a read does not reorder the entries, and the older half is dropped at once.
  let young = new Map<string, Value>();
  let old = new Map<string, Value>();
  /** Of the young ones. */
  let size = 0;

  const remove = (key: string) => {
    const value = young.get(key);
    if (value !== undefined) size -= sizeOf(value);
    young.delete(key);
  };

  const set = (key: string, value: Value) => {
    if (young.has(key)) remove(key);
    young.set(key, value);
    size += sizeOf(value);
    if (young.size < most / 2 && size < bytes / 2) return;
    old = young;
    young = new Map();
    size = 0;
  };

  return {
    get(key) {
      const value = young.get(key);
      if (value !== undefined) return value;
      const kept = old.get(key);
      if (kept !== undefined) set(key, kept);
      return kept;
    },
    set,
    delete(key) {
      remove(key);
      old.delete(key);
    },
  };
}
