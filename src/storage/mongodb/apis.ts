/**
 * APIs in MongoDB.
 */
import { type ApiRecord, type ApiStore, apiNames } from '../apis.ts';
import type { Connection } from './connection.ts';
import { createManyNamedRecords } from './many_named_records.ts';

/** See ApiStore. */
export function createApiStore(connection: Connection): ApiStore {
  const { find, list, create, update, remove } = createManyNamedRecords<ApiRecord>(connection, {
    ...{ collection: 'apis', idOf: ({ identifier }) => identifier, namesOf: apiNames },
    taken: 'An API with one of these names',
  });
  return { find, list, create, update, remove };
}
