/**
 * Audit events in SQLite: the event as JSON beside what it is searched by, kept in order of time.
 */
import { type AuditEvent, type AuditStore, auditPages } from '../audit_events.ts';
import type { Connection, Parameters, Row } from './connection.ts';
import { routineStatements } from './routine_statements.ts';
import type { RoutineWriter } from './routine_writer.ts';
import type { Writer } from './writer.ts';

const foldSql = `INSERT INTO audit_events VALUES (?, ?, ?, ?, ?, ?)
  ON CONFLICT (at, id) DO UPDATE SET event = json_set(event,
  '$.count', json_extract(event, '$.count') + json_extract(excluded.event, '$.count'),
  '$.lastAt', max(json_extract(event, '$.lastAt'), json_extract(excluded.event, '$.lastAt')))`;

/** See AuditStore. */
export function createAuditStore(
  { runEach, readAll }: Connection,
  { write }: Writer,
  routine: RoutineWriter,
): AuditStore {
  return {
    async append(events, { routine: isRoutine = false } = {}) {
      const rows = events.map(toRow);
      if (rows.length === 0) return;
      if (isRoutine) await routine.write('appendEvent', rows);
      else await write(() => runEach(routineStatements.appendEvent, rows));
    },
    async fold(events) {
      const rows = events.map(toRow);
      if (rows.length > 0) await write(() => runEach(foldSql, rows));
    },
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

function toRow(event: AuditEvent): Row {
  const { at, id, type, userId = null, clientId = null } = event;
  return [at, id, type, userId, clientId, JSON.stringify(event)];
}
