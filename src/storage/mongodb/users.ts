/**
 * Users in MongoDB: the record as a JSON text beside what it is found by.
 */
import { DuplicateError } from '../errors.ts';
import type { UserRecord, UserStore } from '../users.ts';
import { byId, type Connection, exactly } from './connection.ts';
import { retryDeadlocks, violatedIndex } from './errors.ts';

type StoredUser = {
  _id: string;
  username: string;
  email?: string;
  version: number;
  record: string;
};

/** See UserStore. */
export function createUserStore({ database, guard }: Connection): UserStore {
  const users = database.collection<StoredUser>('users');

  const findBy = async (field: '_id' | 'username' | 'email', value: string) => {
    const stored = await guard(() => users.findOne({ [field]: exactly(value) }));
    return stored ? toRecord(stored) : undefined;
  };
  const orDuplicate = async <T>(operation: () => Promise<T>) => {
    try {
      return await guard(() => retryDeadlocks(operation));
    } catch (error) {
      const index = violatedIndex(error);
      if (!index) throw error;
      throw new DuplicateError(`A user with this ${index === '_id_' ? 'id' : index}`);
    }
  };

  return {
    find: (id) => findBy('_id', id),
    findByUsername: (username) => findBy('username', username),
    findByEmail: (email) => findBy('email', email),
    async list({ after = '', limit }) {
      const stored = await guard(() =>
        users
          .find({ username: { $gt: after } })
          .sort({ username: 1 })
          .limit(limit)
          .toArray(),
      );
      return stored.map(toRecord);
    },
    async create(user) {
      await orDuplicate(() => users.insertOne({ _id: user.id, ...toStored(user) }));
    },
    async update(user) {
      const result = await orDuplicate(() =>
        users.replaceOne({ ...byId(user.id), version: user.version - 1 }, toStored(user)),
      );
      return result.matchedCount === 1;
    },
    async remove(id) {
      const result = await guard(() => users.deleteOne(byId(id)));
      return result.deletedCount === 1;
    },
  };
}

function toStored(user: UserRecord): Omit<StoredUser, '_id'> {
  const { username, email, version } = user;
  // Without an email the field is absent, so that its unique index leaves the user alone.
  return { username, ...(email !== undefined && { email }), version, record: JSON.stringify(user) };
}

function toRecord({ record }: StoredUser): UserRecord {
  return JSON.parse(record) as UserRecord;
}
