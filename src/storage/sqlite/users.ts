/**
 * Users in SQLite.
 */
import type { UserRecord, UserStore } from '../users.ts';
import type { Connection } from './connection.ts';
import { createNamedRecords } from './named_records.ts';
import type { Writer } from './writer.ts';

/** See UserStore. */
export function createUserStore(connection: Connection, writer: Writer): UserStore {
  const { findBy, ...users } = createNamedRecords<'username' | 'email', UserRecord>(
    connection,
    writer,
    { table: 'users', noun: 'user', columns: ['username', 'email'] },
  );
  return {
    ...users,
    find: (id) => findBy('id', id),
    findByUsername: (username) => findBy('username', username),
    findByEmail: (email) => findBy('email', email),
    async findByName(name) {
      // Both always, so that no answer comes sooner for a username than for an email.
      const found = await Promise.all([findBy('username', name), findBy('email', name)]);
      return found[0] ?? found[1];
    },
  };
}
