/**
 * Leases of status list positions in SQLite.
 */
import { DuplicateError } from '../errors.ts';
import { leaseColumns } from '../selector.ts';
import type { StatusLease, StatusLeaseStore } from '../status_leases.ts';
import type { Connection, Parameters } from './connection.ts';
import type { Writer } from './writer.ts';

type Row = {
  list: string;
  first: number;
  count: number;
  api: string;
  key_id: string;
  client_id: string | null;
  issued_from: number;
  issued_until: number;
  as_of: number;
  expires_at: number;
};

const addSql = `INSERT INTO status_leases VALUES (:list, :first, :count, :api, :key_id, :client_id,
  :issued_from, :issued_until, :as_of, :expires_at) ON CONFLICT DO NOTHING`;
const endSql = `UPDATE status_leases SET issued_until = min(issued_until, :until)
  WHERE list = :list AND first = :first`;

/** See StatusLeaseStore. */
export function createStatusLeaseStore(
  { run, readAll }: Connection,
  { write, writeVolatile }: Writer,
): StatusLeaseStore {
  return {
    async add(lease) {
      const row = toRow(lease);
      const added = await write(() => run(addSql, row));
      if (added === 0) throw new DuplicateError('A status lease with this position');
    },
    async end({ list, first, issuedUntil: until }) {
      await writeVolatile(() => run(endSql, { list, first, until }));
    },
    async select(selector, { after, limit, now }) {
      const columns = leaseColumns(selector);
      const conditions = Object.keys(columns).map((column) => `${column} = :${column}`);
      const parameters: Parameters = { ...columns, limit, now };
      if (after) {
        conditions.push('(list, first) > (:list, :first)');
        Object.assign(parameters, { list: after.list, first: after.first });
      }
      const where = [...conditions, 'expires_at > :now'].join(' AND ');
      const sql = `SELECT * FROM status_leases WHERE ${where} ORDER BY list, first LIMIT :limit`;
      return (await readAll<Row>(sql, parameters)).map(toLease);
    },
  };
}

function toRow(lease: StatusLease): Row {
  return {
    list: lease.list,
    first: lease.first,
    count: lease.count,
    api: lease.api,
    key_id: lease.keyId,
    client_id: lease.clientId ?? null,
    issued_from: lease.issuedFrom,
    issued_until: lease.issuedUntil,
    as_of: lease.asOf,
    expires_at: lease.expiresAt,
  };
}

function toLease(row: Row): StatusLease {
  return {
    list: row.list,
    first: row.first,
    count: row.count,
    api: row.api,
    keyId: row.key_id,
    clientId: row.client_id ?? undefined,
    issuedFrom: row.issued_from,
    issuedUntil: row.issued_until,
    asOf: row.as_of,
    expiresAt: row.expires_at,
  };
}
