/**
 * From a connection string to a store: the only file that names an engine. An engine is loaded when it
 * is asked for, so that a start on the embedded store does not pay for the MongoDB driver.
 */
import { type Clock, systemClock } from '../clock.ts';
import { storeAddress } from '../definitions/store_url.ts';
import type { Step } from '../telemetry/tracing/spans.ts';
import { observeStore } from './operation/observe.ts';
import type { Store, StoreLog, StoreObserver } from './store.ts';

export type OpenStoreOptions = {
  /** `sqlite:<path>`, or `mongodb://…` / `mongodb+srv://…` with a database name. */
  url: string;
  log?: StoreLog | undefined;
  /** Is told of each operation. */
  observe?: StoreObserver | undefined;
  /** Called, besides, after each operation that failed. */
  onFailure?: (() => void) | undefined;
  /** Has each observed operation shown in the trace of its request. */
  step?: Step | undefined;
  clock?: Clock | undefined;
  /** Milliseconds in which a store server answers an operation, or counts as unavailable. */
  answerMs?: number | undefined;
  /** Opens only a store that was made before, and creates none. */
  mustExist?: boolean | undefined;
  /** The same, and brings no schema up to date. */
  asItIs?: boolean | undefined;
};

/**
 * Opens the store, creating or migrating its schema. Throws a CardeaError (`store_url_invalid`) for a
 * value that names no store, StoreTooNewError, StoreUnavailableError, or with `mustExist` or `asItIs`
 * StoreMissingError, with `asItIs` StoreOutdatedError.
 */
export async function openStore({
  url,
  log,
  observe,
  onFailure,
  step,
  clock = systemClock,
  answerMs = 4000,
  mustExist = false,
  asItIs = false,
}: OpenStoreOptions): Promise<Store> {
  const given = { mustExist: mustExist || asItIs, asItIs };
  const store = await openEngine({ url, clock, log, answerMs, ...given });
  return observe ? observeStore(store, observe, { onFailure, step }) : store;
}

type EngineOptions = {
  url: string;
  clock: Clock;
  log: StoreLog | undefined;
  answerMs: number;
  mustExist: boolean;
  asItIs: boolean;
};

async function openEngine(options: EngineOptions): Promise<Store> {
  const { url, clock, log, answerMs, ...given } = options;
  const address = storeAddress(url);
  if (address.engine === 'sqlite') {
    const { openSqliteStore } = await import('./sqlite/store.ts');
    return openSqliteStore(address.path, { log, ...given });
  }
  const { openMongoStore } = await import('./mongodb/store.ts');
  return openMongoStore({ url, database: address.database, clock, log, answerMs, ...given });
}
