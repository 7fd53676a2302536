/**
 * A memory of bounded size: what was not asked for or set for the longest time is forgotten first.
 */
export type Recent<Value> = {
  get(key: string): Value | undefined;
  set(key: string, value: Value): void;
  delete(key: string): void;
};

export function createRecent<Value>(most: number): Recent<Value> {
  // Two generations: reading one entry does not reorder all, and the older half goes at once.
  let young = new Map<string, Value>();
  let old = new Map<string, Value>();

  const set = (key: string, value: Value) => {
    young.set(key, value);
    if (young.size < most / 2) return;
    old = young;
    young = new Map();
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
      young.delete(key);
      old.delete(key);
    },
  };
}
