/**
 * Audit events in SQLite: the event as JSON beside what it is searched by, kept in order of time.
 */
import {
  type AuditEvent,
  type AuditIndexes,
  type AuditPage,
  type AuditStore,
  auditPages,
  auditSearch,
  columnsOf,
  type FiledEvent,
  isFiledRight,
} from '../audit_events.ts';
import type { Connection, Parameters, Row } from './connection.ts';
import { routineStatements } from './routine_statements.ts';
import type { RoutineWriter } from './routine_writer.ts';
import type { Writer } from './writer.ts';

const foldSql = `INSERT INTO audit_events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (at, id) DO UPDATE SET event = json_set(event,
  '$.count', json_extract(event, '$.count') + json_extract(excluded.event, '$.count'),
  '$.lastAt', max(json_extract(event, '$.lastAt'), json_extract(excluded.event, '$.lastAt')))`;

type FiledRow = { at: number; id: string; type: string; event: string } & Record<string, unknown>;

/** See AuditStore. */
export function createAuditStore(
  { run, runEach, readOne, readAll }: Connection,
  { write, writeVolatile }: Writer,
  routine: RoutineWriter,
): AuditStore {
  /** What a page looks at, newest first, as the end of a statement. */
  const stretchOf = ({ link, before, beforeId, from, limit }: AuditPage) => {
    const parameters: Parameters = { limit };
    const conditions: string[] = [];
    if (link) {
      conditions.push(`${link.column} = :link`);
      parameters.link = link.value;
    }
    if (before !== undefined) {
      conditions.push(beforeId === undefined ? 'at < :before' : '(at, id) < (:before, :beforeId)');
      Object.assign(parameters, { before }, beforeId !== undefined && { beforeId });
    }
    if (from !== undefined) {
      conditions.push('at >= :from');
      parameters.from = from;
    }
    const where = conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '';
    const sql = `FROM audit_events ${where} ORDER BY at DESC, id DESC LIMIT :limit`;
    return { sql, parameters };
  };

  const list = async (page: AuditPage) => {
    const { sql, parameters } = stretchOf(page);
    const rows = await readAll<{ event: string }>(`SELECT event ${sql}`, parameters);
    return rows.map(({ event }) => JSON.parse(event) as AuditEvent);
  };

  const indexes: AuditIndexes = {
    async read({ others, ...page }) {
      const { sql, parameters } = stretchOf(page);
      const meets = others.map(({ column }) => `${column} = :${column}`).join(' AND ');
      for (const { column, value } of others) parameters[column] = value;
      const event = meets ? `CASE WHEN ${meets} THEN event END AS event` : 'event';
      type Found = { at: number; id: string; event: string | null };
      const rows = await readAll<Found>(`SELECT at, id, ${event} ${sql}`, parameters);
      return rows.map(({ at, id, event: text }) => ({
        ...{ at, id, event: text === null ? undefined : (JSON.parse(text) as AuditEvent) },
      }));
    },
    async count(page) {
      const { sql, parameters } = stretchOf(page);
      const counted = `SELECT count(*) AS count FROM (SELECT 1 ${sql}) LIMIT 1`;
      return (await readOne<{ count: number }>(counted, parameters))?.count ?? 0;
    },
  };

  return {
    async append(events, { routine: isRoutine = false } = {}) {
      const rows = events.map(toRow);
      if (rows.length === 0) return 0;
      if (isRoutine) {
        await routine.write('appendEvent', rows);
        return rows.length;
      }
      return write(() => {
        const there = rows.findIndex((row) => runEach(routineStatements.appendEvent, [row]) === 0);
        return there === -1 ? rows.length : there;
      });
    },
    async fold(events) {
      const rows = events.map(toRow);
      if (rows.length > 0) await write(() => runEach(foldSql, rows));
    },
    list: (options) => auditPages(options, list),
    search: (options) => auditSearch(options, indexes),
    async walk({ after = { at: 0, id: '' }, limit }) {
      const sql = `SELECT * FROM audit_events WHERE (at, id) > (:at, :id)
        ORDER BY at, id LIMIT :limit`;
      const { at, id } = after;
      return (await readAll<FiledRow>(sql, { at, id, limit })).map(toFiled);
    },
    async unsettled({ before, limit }) {
      const sql = `SELECT event FROM unsettled_events WHERE at < :before ORDER BY at LIMIT :limit`;
      const rows = await readAll<{ event: string }>(sql, { before, limit });
      return rows.map((row) => JSON.parse(row.event) as AuditEvent);
    },
    async settle({ id }) {
      // Whoever finds it again appends it again, which changes nothing.
      await writeVolatile(() => run('DELETE FROM unsettled_events WHERE id = :id', { id }));
    },
  };
}

function toRow(event: AuditEvent): Row {
  const { at, id } = event;
  const { type = null, user_id = null, client_id = null, ...columns } = columnsOf(event);
  const { actor = null, target = null, request_id = null } = columns;
  const json = JSON.stringify(event);
  return [at, id, type, user_id, client_id, json, actor, target, request_id];
}

/** A row that somebody changed by hand may hold anything. */
function toFiled({ at, id, type, event: json, ...columns }: FiledRow): FiledEvent {
  try {
    const event = JSON.parse(json) as AuditEvent;
    const isRight = isFiledRight(event, { at, id }, { type, ...columns });
    return { at, id, type, event, isFiledRight: isRight };
  } catch {
    return { at, id, type, event: undefined, isFiledRight: false };
  }
}
