/**
 * APIs in SQLite.
 */
import { type ApiRecord, type ApiStore, apiNames } from '../apis.ts';
import type { Connection } from './connection.ts';
import { createManyNamedRecords } from './many_named_records.ts';
import type { Writer } from './writer.ts';

/** See ApiStore. */
export function createApiStore(connection: Connection, writer: Writer): ApiStore {
  const { find, list, create, update, remove } = createManyNamedRecords<ApiRecord>(
    connection,
    writer,
    {
      ...{ table: 'apis', names: 'api_names', id: 'identifier' },
      ...{ idOf: ({ identifier }) => identifier, namesOf: apiNames },
      taken: 'An API with one of these names',
    },
  );
  return { find, list, create, update, remove };
}
