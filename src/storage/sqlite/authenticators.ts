/**
 * Authenticators in SQLite.
 */
import {
  type AuthenticatorStore,
  type AuthenticatorsRecord,
  authenticatorKeys,
} from '../authenticators.ts';
import type { Connection } from './connection.ts';
import { createManyNamedRecords } from './many_named_records.ts';
import type { Writer } from './writer.ts';

/** See AuthenticatorStore. */
export function createAuthenticatorStore(
  connection: Connection,
  writer: Writer,
): AuthenticatorStore {
  const { find, findByName, create, update, remove } = createManyNamedRecords<AuthenticatorsRecord>(
    connection,
    writer,
    {
      ...{ table: 'authenticators', names: 'authenticator_keys', id: 'user_id' },
      ...{ idOf: ({ userId }) => userId, namesOf: authenticatorKeys },
      ...{ taken: 'An authenticator with one of these keys' },
    },
  );
  return { find, findByKey: findByName, create, update, remove };
}
