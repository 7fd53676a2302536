/**
 * Whether two records are the same once they are stored.
 */
import { isDeepStrictEqual } from 'node:util';

/** Stores keep JSON: what JSON leaves out makes no difference, nor does the order of members. */
export function isSameRecord<T extends object>(one: T, other: T): boolean {
  return isDeepStrictEqual(asStored(one), asStored(other));
}

function asStored(record: object): unknown {
  return JSON.parse(JSON.stringify(record));
}
