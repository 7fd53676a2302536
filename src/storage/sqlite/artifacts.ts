/**
 * Artifacts in SQLite. Each change is one statement, so that it is atomic against every other process.
 */
import {
  type Artifact,
  type ArtifactStore,
  indexedKinds,
  type LiveSelector,
  liveKinds,
} from '../artifacts.ts';
import { boundedPage } from '../pages.ts';
import { liveColumns, selectorColumns } from '../selector.ts';
import type { Connection } from './connection.ts';
import type { Writer } from './writer.ts';

type Row = {
  kind: string;
  id: string;
  payload: string;
  grant_id: string | null;
  family_id: string | null;
  account_id: string | null;
  client_id: string | null;
  session_uid: string | null;
  alias: string | null;
  consumed_at: number | null;
  expires_at: number;
};

const insert = `INSERT INTO artifacts VALUES (:kind, :id, :payload, :grant_id, :family_id, :account_id,
  :client_id, :session_uid, :alias, :consumed_at, :expires_at) ON CONFLICT (kind, id) DO UPDATE SET
  payload = excluded.payload, expires_at = excluded.expires_at,`;

const putSql = `${insert}
  grant_id = coalesce(excluded.grant_id, grant_id),
  family_id = coalesce(excluded.family_id, family_id),
  account_id = coalesce(excluded.account_id, account_id),
  client_id = coalesce(excluded.client_id, client_id),
  session_uid = coalesce(excluded.session_uid, session_uid),
  alias = coalesce(excluded.alias, alias),
  consumed_at = coalesce(consumed_at, excluded.consumed_at)`;

const insertSql = `${insert}
  grant_id = excluded.grant_id, family_id = excluded.family_id, account_id = excluded.account_id,
  client_id = excluded.client_id, session_uid = excluded.session_uid, alias = excluded.alias,
  consumed_at = excluded.consumed_at
  WHERE artifacts.expires_at <= :now`;

const rewriteSql = `UPDATE artifacts SET payload = :payload
  WHERE kind = :kind AND id = :id AND expires_at > :now`;

const consumeSql = `UPDATE artifacts SET consumed_at = :now
  WHERE kind = :kind AND id = :id AND consumed_at IS NULL AND expires_at > :now RETURNING *`;

const releaseSql = `UPDATE artifacts SET consumed_at = NULL
  WHERE kind = :kind AND id = :id AND consumed_at = :consumedAt`;

const keepSpentSql = `UPDATE artifacts SET consumed_at = consumed_at - 1
  WHERE kind = :kind AND id = :id AND consumed_at IS NOT NULL`;

const findSql = 'SELECT * FROM artifacts WHERE kind = :kind AND id = :id AND expires_at > :now';

/** The kind stands in the text: the index of each is of this kind alone. */
const newest = (kind: string, condition: string) => `SELECT * FROM artifacts
  WHERE kind = '${kind}' AND ${condition} AND expires_at > :now ORDER BY rowid DESC LIMIT 1`;
const findSessionSql = newest(indexedKinds.session, 'session_uid = :uid');
const findDeviceCodeSql = newest(indexedKinds.deviceCode, 'alias = :alias');
const findGrantSql = newest(indexedKinds.grant, 'account_id = :account AND client_id = :client');

const newestSql = 'SELECT max(rowid) AS newest FROM artifacts LIMIT 1';

/** Newest first means in order of arrival, which is what the rowid tells. Each kind has an index of its own. */
function liveSql(selector: LiveSelector) {
  const { kind, column, value } = liveColumns(selector);
  const unspent = kind === liveKinds.refreshToken ? ' AND consumed_at IS NULL' : '';
  const from = `FROM artifacts WHERE kind = '${kind}'${unspent} AND ${column} = :owner
    AND expires_at > :now`;
  return {
    owner: value,
    list: `SELECT rowid AS place, * ${from} AND rowid < :place ORDER BY rowid DESC LIMIT :size`,
    count: `SELECT count(*) AS count FROM (SELECT 1 ${from} LIMIT :most) LIMIT 1`,
  };
}

/** One transaction of a large removal; between two of them other writes have their turn. */
const removalBatch = 500;

/** See ArtifactStore. */
export function createArtifactStore(
  { get, run, readOne, readAll }: Connection,
  { write }: Writer,
): ArtifactStore {
  const findOne = async (sql: string, parameters: Record<string, string | number>) => {
    const row = await readOne<Row>(sql, parameters);
    return row && toArtifact(row);
  };

  return {
    async put(artifact) {
      const row = toRow(artifact);
      await write(() => run(putSql, row));
    },
    rewrite({ kind, id, payload }, now) {
      const values = { kind, id, payload: JSON.stringify(payload), now };
      return write(() => run(rewriteSql, values) === 1);
    },
    async insert(artifact, now) {
      const row = toRow(artifact);
      return write(() => run(insertSql, { ...row, now }) === 1);
    },
    find: (kind, id, now) => findOne(findSql, { kind, id, now }),
    findSession: (uid, now) => findOne(findSessionSql, { uid, now }),
    findDeviceCode: (alias, now) => findOne(findDeviceCodeSql, { alias, now }),
    findGrant: (account, client, now) => findOne(findGrantSql, { account, client, now }),
    consume: (kind, id, now) =>
      write(() => {
        const spent = get<Row>(consumeSql, { kind, id, now });
        const row = spent ?? get<Row>(findSql, { kind, id, now });
        if (!row) return undefined;
        const consumedAt = row.consumed_at ?? now;
        return { won: spent !== undefined, consumedAt, artifact: toArtifact(row) };
      }),
    release: (kind, id, consumedAt) => write(() => run(releaseSql, { kind, id, consumedAt }) === 1),
    keepSpent: (kind, id) => write(() => run(keepSpentSql, { kind, id }) === 1),
    async remove(kind, id) {
      await write(() => run('DELETE FROM artifacts WHERE kind = :kind AND id = :id', { kind, id }));
    },
    list(selector, { after, limit, now }) {
      const { owner, list: sql } = liveSql(selector);
      return boundedPage<Artifact>({
        ...{ after, limit, isFiltered: false, matches: () => true },
        async read(from, size) {
          const place = Number(from ?? Number.MAX_SAFE_INTEGER);
          const rows = await readAll<Row & { place: number }>(sql, { owner, now, place, size });
          return rows.map((row) => ({ item: toArtifact(row), place: String(row.place) }));
        },
      });
    },
    async count(selector, { most, now }) {
      const { owner, count: sql } = liveSql(selector);
      return (await readOne<{ count: number }>(sql, { owner, now, most }))?.count ?? 0;
    },
    async removeAll(selector, { existing = false } = {}) {
      const values = selectorColumns(selector);
      const condition = Object.keys(values).map((column) => `${column} = :${column}`);
      const sql = `DELETE FROM artifacts WHERE rowid IN (SELECT rowid FROM artifacts
        WHERE ${condition.join(' AND ')} AND rowid <= :newest LIMIT ${removalBatch})`;
      const last = existing ? await readOne<{ newest: number | null }>(newestSql) : undefined;
      const newest = last ? (last.newest ?? 0) : Number.MAX_SAFE_INTEGER;
      let total = 0;
      for (;;) {
        const removed = await write(() => run(sql, { ...values, newest }));
        total += removed;
        if (removed < removalBatch) return total;
      }
    },
  };
}

function toRow(artifact: Artifact): Row {
  return {
    kind: artifact.kind,
    id: artifact.id,
    payload: JSON.stringify(artifact.payload),
    grant_id: artifact.grantId ?? null,
    family_id: artifact.familyId ?? null,
    account_id: artifact.accountId ?? null,
    client_id: artifact.clientId ?? null,
    session_uid: artifact.sessionUid ?? null,
    alias: artifact.alias ?? null,
    consumed_at: artifact.consumedAt ?? null,
    expires_at: artifact.expiresAt,
  };
}

function toArtifact(row: Row): Artifact {
  return {
    kind: row.kind,
    id: row.id,
    payload: JSON.parse(row.payload),
    grantId: row.grant_id ?? undefined,
    familyId: row.family_id ?? undefined,
    accountId: row.account_id ?? undefined,
    clientId: row.client_id ?? undefined,
    sessionUid: row.session_uid ?? undefined,
    alias: row.alias ?? undefined,
    consumedAt: row.consumed_at ?? undefined,
    expiresAt: row.expires_at,
  };
}
