/**
 * Records as requests need them, in memory, and never older than the request that asks (marker_watch.ts).
 */
import type { Clock } from '../clock.ts';
import { createRecent } from './lru_cache.ts';
import type { MarkerWatch, Remembered } from './marker_watch.ts';

export type RecordCache<Value> = {
  /**
   * Undefined: there is none. As of no earlier than this call, or than the catchUp() that answered `asOf`.
   * StoreUnavailableError.
   */
  find(id: string, asOf?: number): Promise<Value | undefined>;
};

/** `names`: keys of the markers that outdate it; undefined: it may change without one, and is not kept. */
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
  /** Undefined: there is none. */
  read: (id: string, asOf: number) => Promise<Read<Value> | undefined>;
  /** How many are kept; those that are used stay. */
  most: number;
  clock: Clock;
}): RecordCache<Value> {
  const kept = createRecent<Kept<Value>>(most);
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

  /** Those who ask for the same record share a look into the store that began late enough for each of them. */
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
