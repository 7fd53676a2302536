/**
 * Status ranges in SQLite. What a range is derived from is in the range, and by triggers in a table of its own,
 * where it is looked up.
 */
import { DuplicateError } from '../errors.ts';
import { rangeColumns } from '../selector.ts';
import type { StatusRange, StatusRangeStore } from '../status_ranges.ts';
import type { Connection, Parameters } from './connection.ts';
import type { Writer } from './writer.ts';

type Row = {
  list: string;
  first: number;
  count: number;
  issued_from: number;
  per_second: number;
  client_id: string;
  api: string;
  key_id: string;
  user_id: string | null;
  grant_id: string | null;
  family_id: string | null;
  session: string | null;
  derived_from: string | null;
  in_client_lease: 1 | null;
  as_of: number;
  expires_at: number;
};

const addSql = `INSERT INTO status_ranges VALUES (:list, :first, :count, :issued_from, :per_second,
  :client_id, :api, :key_id, :user_id, :grant_id, :family_id, :session, :derived_from, :as_of,
  :expires_at, :in_client_lease) ON CONFLICT DO NOTHING`;

/** As many as a list has positions, at most. */
const countSql = `SELECT count(*) AS ranges, coalesce(sum(count > 1), 0) AS blocks FROM
  (SELECT count FROM status_ranges WHERE list = :list AND first >= :first AND first < :end
    AND expires_at > :now LIMIT ${2 ** 20})`;

/** Those that name an origin are read in the order of that table, which is the pages'. */
const derivedTables = `status_range_origins o CROSS JOIN status_ranges r
  ON r.list = o.list AND r.first = o.first`;

/** See StatusRangeStore. */
export function createStatusRangeStore(
  { run, readOne, readAll }: Connection,
  { write }: Writer,
): StatusRangeStore {
  return {
    async add(range) {
      const row = toRow(range);
      const added = await write(() => run(addSql, row));
      if (added === 0) throw new DuplicateError('A status range with this position');
    },
    async find(list, position, now) {
      const row = await readOne<Row>(
        `SELECT * FROM status_ranges WHERE list = :list AND first <= :position
            ORDER BY first DESC LIMIT 1`,
        { list, position },
      );
      return row && position < row.first + row.count && row.expires_at > now
        ? toRange(row)
        : undefined;
    },
    async select(selector, { after, limit, now }) {
      const columns = rangeColumns(selector);
      const isDerived = 'derived_from' in columns;
      const [tables, t] = isDerived ? [derivedTables, 'o'] : ['status_ranges r', 'r'];
      const conditions = Object.keys(columns).map((column) =>
        isDerived ? `o.origin = :${column}` : `r.${column} = :${column}`,
      );
      const parameters: Parameters = { ...columns, limit, now };
      if ('client_id' in columns) conditions.push('r.in_client_lease IS NULL');
      if (after) {
        conditions.push(`(${t}.list, ${t}.first) > (:list, :first)`);
        Object.assign(parameters, { list: after.list, first: after.first });
      }
      const where = [...conditions, 'r.expires_at > :now'].join(' AND ');
      const sql = `SELECT r.* FROM ${tables} WHERE ${where}
        ORDER BY ${t}.list, ${t}.first LIMIT :limit`;
      return (await readAll<Row>(sql, parameters)).map(toRange);
    },
    async count({ list, first, count }, now) {
      const row = await readOne<{ ranges: number; blocks: number }>(countSql, {
        ...{ list, first, end: first + count, now },
      });
      const { ranges = 0, blocks = 0 } = row ?? {};
      return { tokens: ranges - blocks, blocks };
    },
  };
}

function toRow(range: StatusRange): Row {
  return {
    list: range.list,
    first: range.first,
    count: range.count,
    issued_from: range.issuedFrom,
    per_second: range.perSecond,
    client_id: range.clientId,
    api: range.api,
    key_id: range.keyId,
    user_id: range.userId ?? null,
    grant_id: range.grantId ?? null,
    family_id: range.familyId ?? null,
    session: range.session ?? null,
    derived_from: range.derivedFrom ? JSON.stringify(range.derivedFrom) : null,
    in_client_lease: range.inClientLease ? 1 : null,
    as_of: range.asOf,
    expires_at: range.expiresAt,
  };
}

function toRange(row: Row): StatusRange {
  return {
    list: row.list,
    first: row.first,
    count: row.count,
    issuedFrom: row.issued_from,
    perSecond: row.per_second,
    clientId: row.client_id,
    api: row.api,
    keyId: row.key_id,
    userId: row.user_id ?? undefined,
    grantId: row.grant_id ?? undefined,
    familyId: row.family_id ?? undefined,
    session: row.session ?? undefined,
    derivedFrom: row.derived_from === null ? undefined : JSON.parse(row.derived_from),
    ...(row.in_client_lease && { inClientLease: true }),
    asOf: row.as_of,
    expiresAt: row.expires_at,
  };
}
