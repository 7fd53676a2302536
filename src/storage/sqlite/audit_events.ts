/**
 * Audit events in SQLite: the event as JSON beside what it is searched by, kept in order of time.
 */
import { type AuditEvent, type AuditStore, auditPages } from '../audit_events.ts';
import type { Connection, Parameters } from './connection.ts';
import type { Writer } from './writer.ts';

const insertSql = 'INSERT INTO audit_events VALUES (:at, :id, :type, :user_id, :client_id, :event)';
const appendSql = `${insertSql} ON CONFLICT DO NOTHING`;
const foldSql = `${insertSql} ON CONFLICT (at, id) DO UPDATE SET event = json_set(event,
  '$.count', json_extract(event, '$.count') + json_extract(excluded.event, '$.count'),
  '$.lastAt', max(json_extract(event, '$.lastAt'), json_extract(excluded.event, '$.lastAt')))`;

/** See AuditStore. */
export function createAuditStore({ run, readAll }: Connection, { write }: Writer): AuditStore {
  const insert = async (sql: string, events: readonly AuditEvent[]) => {
    const rows = events.map(toRow);
    if (rows.length === 0) return;
    await write(() => {
      for (const row of rows) run(sql, row);
    });
  };

  return {
    append: (events) => insert(appendSql, events),
    fold: (events) => insert(foldSql, events),
    list: (options) =>
      auditPages(options, async ({ link, before, beforeId, limit }) => {
        const parameters: Parameters = { limit };
        const conditions: string[] = [];
        if (link) {
          conditions.push(`${link.column} = :link`);
          parameters.link = link.value;
        }
        if (before !== undefined) {
          conditions.push(
            beforeId === undefined ? 'at < :before' : '(at, id) < (:before, :beforeId)',
          );
          Object.assign(parameters, { before }, beforeId !== undefined && { beforeId });
        }
        const where = conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '';
        const sql = `SELECT event FROM audit_events ${where} ORDER BY at DESC, id DESC LIMIT :limit`;
        const rows = await readAll<{ event: string }>(sql, parameters);
        return rows.map((row) => JSON.parse(row.event) as AuditEvent);
      }),
  };
}

function toRow(event: AuditEvent) {
  return {
    at: event.at,
    id: event.id,
    type: event.type,
    user_id: event.userId ?? null,
    client_id: event.clientId ?? null,
    event: JSON.stringify(event),
  };
}
