/**
 * Users in SQLite: the record as JSON beside what it is found by.
 */
import { DuplicateError } from '../errors.ts';
import type { UserRecord, UserStore } from '../users.ts';
import type { Connection } from './connection.ts';
import { violatedColumn } from './errors.ts';
import type { Writer } from './writer.ts';

type Row = { record: string };

/** See UserStore. */
export function createUserStore({ get, all, run, read }: Connection, { write }: Writer): UserStore {
  const findBy = async (column: 'id' | 'username' | 'email', value: string) => {
    const row = await read(() =>
      get<Row>(`SELECT record FROM users WHERE ${column} = :value`, { value }),
    );
    return row && toRecord(row);
  };
  const save = async (sql: string, user: UserRecord) => {
    const { id, username, email = null, version } = user;
    const record = JSON.stringify(user);
    try {
      return (await write(() => run(sql, { id, username, email, version, record }))) === 1;
    } catch (error) {
      const column = violatedColumn(error)?.replace('users.', '');
      throw column ? new DuplicateError(`A user with this ${column}`) : error;
    }
  };

  return {
    find: (id) => findBy('id', id),
    findByUsername: (username) => findBy('username', username),
    findByEmail: (email) => findBy('email', email),
    async list({ after = '', limit }) {
      const rows = await read(() =>
        all<Row>(
          'SELECT record FROM users WHERE username > :after ORDER BY username LIMIT :limit',
          {
            after,
            limit,
          },
        ),
      );
      return rows.map(toRecord);
    },
    async create(user) {
      await save('INSERT INTO users VALUES (:id, :username, :email, :version, :record)', user);
    },
    update: (user) =>
      save(
        `UPDATE users SET username = :username, email = :email, version = :version, record = :record
          WHERE id = :id AND version = :version - 1`,
        user,
      ),
    remove: (id) => write(() => run('DELETE FROM users WHERE id = :id', { id }) === 1),
  };
}

function toRecord({ record }: Row): UserRecord {
  return JSON.parse(record) as UserRecord;
}
