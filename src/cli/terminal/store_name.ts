/**
 * How a store is shown to people: with its absolute path, and without credentials.
 */
import { resolve } from 'node:path';
import { storeAddress } from '../../definitions/store_url.ts';
import { CardeaError } from '../../errors.ts';
import { StoreUnavailableError } from '../../storage/errors.ts';

/** `url` is the value of CARDEA_STORE. Of a connection string, only hosts and database are shown. */
export function storeName(url: string): string {
  const address = storeAddress(url);
  return address.engine === 'sqlite'
    ? `sqlite:${resolve(address.path)}`
    : `${address.scheme}://${address.hosts}/${address.database}`;
}

/** Commands do not wait for the store, so the error says what to do when it cannot be reached. */
export function namingStore(error: unknown, url: string): unknown {
  if (!(error instanceof StoreUnavailableError)) return error;
  const { code, status } = error;
  const message = `The store ${storeName(url)} cannot be reached. Start it, or check CARDEA_STORE.`;
  return new CardeaError({ code, status, message, cause: error });
}
