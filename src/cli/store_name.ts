/**
 * How a store is named to people: with the path that it really has, and without what opens it.
 */
import { resolve } from 'node:path';

/** `url` as CARDEA_STORE has it. Of a connection string only hosts and database stay. */
export function storeName(url: string): string {
  if (url.startsWith('sqlite:')) return `sqlite:${resolve(url.slice('sqlite:'.length))}`;
  const [scheme = '', rest = ''] = url.split('://');
  const [address = ''] = rest.split('?');
  return `${scheme}://${address.slice(address.lastIndexOf('@') + 1)}`;
}
