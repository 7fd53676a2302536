/**
 * Users in MongoDB.
 */
import type { Fillable } from '../search.ts';
import { type UserRecord, type UserStore, userConditions, userListing } from '../users.ts';
import { type Connection, exactly } from './connection.ts';
import { createNamedRecords } from './named_records.ts';
import { createRecordLists } from './record_lists.ts';
import { createWordIndex } from './search_words.ts';

/** See UserStore. */
export function createUserStore(connection: Connection): UserStore & Fillable {
  const { database, guard } = connection;
  const memberships = createWordIndex<UserRecord>(connection, {
    ...{ kind: 'member', idOf: ({ id }) => id },
    wordsOf: ({ groups = [] }) => groups.map(toWord),
  });
  const lists = createRecordLists(connection, {
    ...{ collection: 'users', id: '_id', name: 'username', listing: userListing },
    otherWords: [memberships],
  });
  const { findBy, ...users } = createNamedRecords<'username' | 'email', UserRecord>(connection, {
    collection: 'users',
    noun: 'user',
    fields: ['username', 'email'],
    lists,
  });
  return {
    ...users,
    fill: lists.fill,
    find: (id) => findBy('_id', id),
    findByUsername: (username) => findBy('username', username),
    findByEmail: (email) => findBy('email', email),
    async findByName(name) {
      // Both always, so that no answer comes sooner for a username than for an email.
      const found = await Promise.all([findBy('username', name), findBy('email', name)]);
      return found[0] ?? found[1];
    },
    list: (options) => lists.list(options, userConditions(options)),
    countInGroup: (group, most) =>
      guard(() =>
        database.collection('users').countDocuments({ groups: exactly(group) }, { limit: most }),
      ),
    groupNames: ({ after = '', limit }) =>
      guard(async () => {
        const words: string[] = [];
        let word = await memberships.next(toWord(after));
        while (word !== undefined && words.length < limit) {
          words.push(word);
          word = await memberships.next(word);
        }
        return words.map(toName);
      }),
  };
}

/** In the order of the names, and without spaces. */
function toWord(name: string): string {
  return Buffer.from(name).toString('hex');
}

function toName(word: string): string {
  return Buffer.from(word, 'hex').toString();
}
