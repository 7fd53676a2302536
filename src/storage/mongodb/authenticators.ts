/**
 * Authenticators in MongoDB.
 */
import {
  type AuthenticatorStore,
  type AuthenticatorsRecord,
  authenticatorKeys,
} from '../authenticators.ts';
import type { Connection } from './connection.ts';
import { createManyNamedRecords } from './many_named_records.ts';

/** See AuthenticatorStore. */
export function createAuthenticatorStore(connection: Connection): AuthenticatorStore {
  const { find, findByName, create, update, remove } = createManyNamedRecords<AuthenticatorsRecord>(
    connection,
    {
      ...{ collection: 'authenticators', idOf: ({ userId }) => userId, namesOf: authenticatorKeys },
      taken: 'An authenticator with one of these keys',
    },
  );
  return { find, findByKey: findByName, create, update, remove };
}
