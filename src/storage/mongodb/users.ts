/**
 * Users in MongoDB.
 */
import type { UserRecord, UserStore } from '../users.ts';
import type { Connection } from './connection.ts';
import { createNamedRecords } from './named_records.ts';

/** See UserStore. */
export function createUserStore(connection: Connection): UserStore {
  const { findBy, ...users } = createNamedRecords<'username' | 'email', UserRecord>(connection, {
    collection: 'users',
    noun: 'user',
    fields: ['username', 'email'],
  });
  return {
    ...users,
    find: (id) => findBy('_id', id),
    findByUsername: (username) => findBy('username', username),
    findByEmail: (email) => findBy('email', email),
    async findByName(name) {
      // Both always, so that no answer comes sooner for a username than for an email.
      const found = await Promise.all([findBy('username', name), findBy('email', name)]);
      return found[0] ?? found[1];
    },
  };
}
