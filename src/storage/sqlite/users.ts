/**
 * Users in SQLite.
 */
import type { UserRecord, UserStore } from '../users.ts';
import type { Connection } from './connection.ts';
import { createNamedRecords } from './named_records.ts';
import type { Writer } from './writer.ts';

/** Looks in both columns in any case, so that no answer comes sooner for a username than for an email. */
const findByNameSql = `SELECT record FROM users WHERE username = :name
  UNION ALL SELECT record FROM users WHERE email = :name`;

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
      const rows = await connection.readAll<{ record: string }>(findByNameSql, { name });
      const found = rows.map(({ record }) => JSON.parse(record) as UserRecord);
      return found.find(({ username }) => username === name) ?? found[0];
    },
  };
}
