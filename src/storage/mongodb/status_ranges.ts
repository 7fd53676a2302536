/**
 * Status ranges in MongoDB. `_id` is `list:first`, which makes the position unique. Not a second unique
 * index: in DocumentDB insertions that meet in one can end in a deadlock instead of a duplicate.
 */
import type { Filter } from 'mongodb';
import { DuplicateError } from '../errors.ts';
import { rangeColumns } from '../selector.ts';
import type { StatusRange, StatusRangeStore } from '../status_ranges.ts';
import { asText, type Connection, exactly } from './connection.ts';
import { violatedIndex } from './errors.ts';
import { pageByPosition } from './positions.ts';

type RangeRecord = {
  _id: string;
  list: string;
  first: number;
  count: number;
  issued_from: number;
  per_second: number;
  client_id: string;
  api: string;
  key_id: string;
  user_id?: string;
  grant_id?: string;
  family_id?: string;
  session?: string;
  derived_from?: readonly string[];
  /** The client, unless it is in a lease of the client's own. */
  loose_client?: string;
  as_of: number;
  /** A Date for the TTL index. */
  expires_at: Date;
};

/** See StatusRangeStore. */
export function createStatusRangeStore({ database, guard }: Connection): StatusRangeStore {
  const ranges = database.collection<RangeRecord>('status_ranges');
  return {
    async add(range) {
      const record = toRecord(range);
      try {
        await guard(() => ranges.insertOne(record));
      } catch (error) {
        throw violatedIndex(error)
          ? new DuplicateError('A status range with this position')
          : error;
      }
    },
    async find(list, position, now) {
      const record = await guard(() =>
        ranges.findOne({ list: exactly(list), first: { $lte: position } }, { sort: { first: -1 } }),
      );
      return record && position < record.first + record.count && record.expires_at.getTime() > now
        ? toRange(record)
        : undefined;
    },
    async select(selector, options) {
      const links = Object.entries(rangeColumns(selector)).map(([column, value]) => [
        column === 'client_id' ? 'loose_client' : column,
        exactly(value),
      ]);
      const filter: Filter<RangeRecord> = {
        ...Object.fromEntries(links),
        expires_at: { $gt: new Date(options.now) },
      };
      return (await pageByPosition(ranges, guard, filter, options)).map(toRange);
    },
    async count({ list, first, count }, now) {
      const positions = { list: exactly(list), first: { $gte: first, $lt: first + count } };
      const blocks = { $sum: { $cond: [{ $gt: ['$count', 1] }, 1, 0] } };
      const [found] = await guard(() =>
        ranges
          .aggregate<{ ranges: number; blocks: number }>([
            { $match: { ...positions, expires_at: { $gt: new Date(now) } } },
            // As many as a list has positions, at most.
            { $limit: 2 ** 20 },
            { $group: { _id: null, ranges: { $sum: 1 }, blocks } },
          ])
          .toArray(),
      );
      return found
        ? { tokens: found.ranges - found.blocks, blocks: found.blocks }
        : { tokens: 0, blocks: 0 };
    },
  };
}

function toRecord(range: StatusRange): RangeRecord {
  const { userId, grantId, familyId, session, derivedFrom, inClientLease } = range;
  const { list, first } = range;
  return {
    _id: `${asText(list)}:${first}`,
    list,
    first,
    count: range.count,
    issued_from: range.issuedFrom,
    per_second: range.perSecond,
    client_id: range.clientId,
    api: range.api,
    key_id: range.keyId,
    ...(userId !== undefined && { user_id: userId }),
    ...(grantId !== undefined && { grant_id: grantId }),
    ...(familyId !== undefined && { family_id: familyId }),
    ...(session !== undefined && { session }),
    ...(derivedFrom !== undefined && { derived_from: derivedFrom }),
    ...(!inClientLease && { loose_client: asText(range.clientId) }),
    as_of: range.asOf,
    expires_at: new Date(range.expiresAt),
  };
}

function toRange(record: RangeRecord): StatusRange {
  return {
    list: record.list,
    first: record.first,
    count: record.count,
    issuedFrom: record.issued_from,
    perSecond: record.per_second,
    clientId: record.client_id,
    api: record.api,
    keyId: record.key_id,
    userId: record.user_id,
    grantId: record.grant_id,
    familyId: record.family_id,
    session: record.session,
    derivedFrom: record.derived_from,
    ...(record.loose_client === undefined && { inClientLease: true }),
    asOf: record.as_of,
    expiresAt: record.expires_at.getTime(),
  };
}
