/**
 * How a store is named to people: with the path that it really has, and without what opens it.
 */
import { resolve } from 'node:path';
import { storeAddress } from '../../definitions/store_url.ts';
import { CardeaError } from '../../errors.ts';
import { StoreUnavailableError } from '../../storage/errors.ts';

/** `url` as CARDEA_STORE has it. Of a connection string only hosts and database stay. */
export function storeName(url: string): string {
  const address = storeAddress(url);
  return address.engine === 'sqlite'
    ? `sqlite:${resolve(address.path)}`
    : `${address.scheme}://${address.hosts}/${address.database}`;
}

/** For a command, which does not wait for its store: what to do about one that cannot be reached. */
export function namingStore(error: unknown, url: string): unknown {
  if (!(error instanceof StoreUnavailableError)) return error;
  const { code, status } = error;
  const message = `The store ${storeName(url)} cannot be reached. Start it, or check CARDEA_STORE.`;
  return new CardeaError({ code, status, message, cause: error });
}
