/**
 * Users in SQLite.
 */

import type { Fillable } from '../search.ts';
import { type UserRecord, type UserStore, userConditions, userListing } from '../users.ts';
import type { Connection } from './connection.ts';
import { createNamedRecords } from './named_records.ts';
import { createRecordLists } from './record_lists.ts';
import type { Writer } from './writer.ts';

/** Looks in both columns in any case, so that no answer comes sooner for a username than for an email. */
const findByNameSql = `SELECT record FROM users WHERE username = :name
  UNION ALL SELECT record FROM users WHERE email = :name`;

const membersOf = `SELECT u.record FROM user_groups g JOIN users u ON u.id = g.user_id
  WHERE g.name = :link`;

const countSql = `SELECT count(*) AS count FROM
  (SELECT 1 FROM user_groups WHERE name = :group LIMIT :most) LIMIT 1`;

/** From one name to the next, however many are in each. */
const groupNamesSql = `WITH RECURSIVE names(name) AS (
    SELECT min(name) FROM user_groups WHERE name > :after
    UNION ALL
    SELECT (SELECT min(name) FROM user_groups g WHERE g.name > names.name) FROM names
      WHERE names.name IS NOT NULL
  ) SELECT name FROM names WHERE name IS NOT NULL LIMIT :limit`;

/** See UserStore. */
export function createUserStore(connection: Connection, writer: Writer): UserStore & Fillable {
  const { list, fill, wordsOf } = createRecordLists(connection, writer, {
    ...{ table: 'users', id: 'id', name: 'username', listing: userListing },
    otherLinks: { groups: { sql: membersOf, name: 'g.username' } },
  });
  const { findBy, ...users } = createNamedRecords<'username' | 'email', UserRecord>(
    connection,
    writer,
    { table: 'users', noun: 'user', columns: ['username', 'email'], wordsOf },
  );
  return {
    ...users,
    fill,
    find: (id) => findBy('id', id),
    findByUsername: (username) => findBy('username', username),
    findByEmail: (email) => findBy('email', email),
    async findByName(name) {
      const rows = await connection.readAll<{ record: string }>(findByNameSql, { name });
      const found = rows.map(({ record }) => JSON.parse(record) as UserRecord);
      return found.find(({ username }) => username === name) ?? found[0];
    },
    list: (options) => list(options, userConditions(options)),
    async countInGroup(group, most) {
      const row = await connection.readOne<{ count: number }>(countSql, { group, most });
      return row?.count ?? 0;
    },
    async groupNames({ after = '', limit }) {
      const rows = await connection.readAll<{ name: string }>(groupNamesSql, { after, limit });
      return rows.map(({ name }) => name);
    },
  };
}
