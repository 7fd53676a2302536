/**
 * Leases of status list positions in MongoDB. `_id` is `list:first`, which makes the position unique.
 */
import type { Filter } from 'mongodb';
import { DuplicateError } from '../errors.ts';
import { leaseColumns } from '../selector.ts';
import type { StatusLease, StatusLeaseStore } from '../status_leases.ts';
import { asText, byId, type Connection, exactly } from './connection.ts';
import { violatedIndex } from './errors.ts';
import { pageByPosition } from './positions.ts';

type LeaseRecord = {
  _id: string;
  list: string;
  first: number;
  count: number;
  api: string;
  key_id: string;
  client_id?: string;
  issued_from: number;
  issued_until: number;
  as_of: number;
  /** A Date for the TTL index. */
  expires_at: Date;
};

/** See StatusLeaseStore. */
export function createStatusLeaseStore({ database, guard }: Connection): StatusLeaseStore {
  const leases = database.collection<LeaseRecord>('status_leases');
  return {
    async add(lease) {
      const record = toRecord(lease);
      try {
        await guard(() => leases.insertOne(record));
      } catch (error) {
        throw violatedIndex(error)
          ? new DuplicateError('A status lease with this position')
          : error;
      }
    },
    async end({ list, first, issuedUntil }) {
      const id = byId(`${asText(list)}:${first}`);
      await guard(() => leases.updateOne(id, { $min: { issued_until: issuedUntil } }));
    },
    async select(selector, options) {
      const links = Object.entries(leaseColumns(selector));
      const filter: Filter<LeaseRecord> = {
        ...Object.fromEntries(links.map(([column, value]) => [column, exactly(value)])),
        expires_at: { $gt: new Date(options.now) },
      };
      return (await pageByPosition(leases, guard, filter, options)).map(toLease);
    },
  };
}

function toRecord(lease: StatusLease): LeaseRecord {
  const { list, first, clientId } = lease;
  return {
    _id: `${asText(list)}:${first}`,
    list,
    first,
    count: lease.count,
    api: asText(lease.api),
    key_id: lease.keyId,
    ...(clientId !== undefined && { client_id: clientId }),
    issued_from: lease.issuedFrom,
    issued_until: lease.issuedUntil,
    as_of: lease.asOf,
    expires_at: new Date(lease.expiresAt),
  };
}

function toLease(record: LeaseRecord): StatusLease {
  return {
    list: record.list,
    first: record.first,
    count: record.count,
    api: record.api,
    keyId: record.key_id,
    clientId: record.client_id,
    issuedFrom: record.issued_from,
    issuedUntil: record.issued_until,
    asOf: record.as_of,
    expiresAt: record.expires_at.getTime(),
  };
}
