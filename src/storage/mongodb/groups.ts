/**
 * Groups in MongoDB; `_id` is the name.
 */
import { DuplicateError } from '../errors.ts';
import type { GroupRecord, GroupStore } from '../groups.ts';
import { boundedPage } from '../pages.ts';
import { asText, byId, type Connection, firstOf } from './connection.ts';
import { violatedIndex } from './errors.ts';
import { type Carrier, carrying, removeCarrier, replacing } from './unsettled_events.ts';

type StoredGroup = Carrier & { _id: string; version: number; record: string };

/** See GroupStore. */
export function createGroupStore({ database, guard }: Connection): GroupStore {
  const groups = database.collection<StoredGroup>('groups');
  return {
    async find(name) {
      const stored = await guard(() => groups.findOne(byId(name)));
      return stored ? toGroup(stored) : undefined;
    },
    list: ({ after, limit }) =>
      boundedPage<GroupRecord>({
        ...{ after, limit, isFiltered: false, matches: () => true },
        async read(from = '', size) {
          const found = groups.find({ _id: { $gt: asText(from) } }).sort({ _id: 1 });
          const stored = await guard(() => firstOf(found, size));
          return stored.map((one) => ({ item: toGroup(one), place: one._id }));
        },
      }),
    async create(group, event) {
      const { name, version } = group;
      const content = { version, record: JSON.stringify(group) };
      const stored = { _id: asText(name), ...content, ...carrying(event) };
      try {
        await guard(() => groups.insertOne(stored));
      } catch (error) {
        throw violatedIndex(error) ? new DuplicateError('A group with this name') : error;
      }
    },
    async update(group, event) {
      const { name, version } = group;
      const content = { version, record: JSON.stringify(group) };
      const result = await guard(() =>
        groups.updateOne(
          { ...byId(name), version: version - 1 },
          replacing<StoredGroup>(content, [], event),
        ),
      );
      return result.matchedCount === 1;
    },
    async remove(name, event) {
      const gone = await guard(() =>
        removeCarrier(database, { collection: 'groups', record: name }, event),
      );
      return gone !== undefined;
    },
  };
}

function toGroup({ record }: StoredGroup): GroupRecord {
  return JSON.parse(record) as GroupRecord;
}
