/**
 * Records in memory, never older than the request that reads them (marker_watch.ts).
 */
import type { Clock } from '../clock.ts';
import { createLruCache } from './lru_cache.ts';
import type { MarkerWatch, Remembered } from './marker_watch.ts';

export type RecordCache<Value> = {
  /**
   * The record as of this call, or as of the catchUp() that returned `asOf`; undefined if there is none. Throws
   * StoreUnavailableError.
   */
  find(id: string, asOf?: number): Promise<Value | undefined>;
};

/** `names`: the markers that outdate the record. Undefined if it can change without a marker: it is not cached. */
export type Read<Value> = { value: Value; names: readonly string[] | undefined };

type Kept<Value> = Remembered & { value: Value };
type Load<Value> = { asOf: number; result: Promise<Value | undefined> };

export function createRecordCache<Value>({
  watch,
  read,
  most,
  clock,
}: {
  watch: MarkerWatch;
  /** Undefined if there is no such record. */
  read: (id: string, asOf: number) => Promise<Read<Value> | undefined>;
  /** The most records to cache; the least recently used is dropped. */
  most: number;
  clock: Clock;
}): RecordCache<Value> {
  const kept = createLruCache<Kept<Value>>(most);
  const loading = new Map<string, Load<Value>>();

  const readAndKeep = async (id: string, asOf: number): Promise<Value | undefined> => {
    const loadedAt = clock.now();
    const found = await read(id, asOf);
    if (!found) return undefined;
    const { value, names } = found;
    if (names && watch.isCurrent({ asOf, loadedAt, names })) {
      kept.set(id, { value, asOf, loadedAt, names });
    }
    return value;
  };

  /** Concurrent callers share one read of a record, if it started late enough for each of them. */
  const load = (id: string, asOf: number): Promise<Value | undefined> => {
    const running = loading.get(id);
    if (running && running.asOf >= asOf) return running.result;
    const started: Load<Value> = { asOf, result: readAndKeep(id, asOf) };
    loading.set(id, started);
    const end = () => {
      if (loading.get(id) === started) loading.delete(id);
    };
    started.result.then(end, end);
    return started.result;
  };

  return {
    async find(id, caughtUp) {
      const asOf = caughtUp ?? (await watch.catchUp());
      const known = kept.get(id);
      return known && watch.isCurrent(known) ? known.value : load(id, asOf);
    },
  };
}
