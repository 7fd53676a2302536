/**
 * Audit events in SQLite: the event as JSON beside what it is searched by, kept in order of time.
 */
import type { AuditEvent, AuditStore } from '../audit_events.ts';
import type { Connection } from './connection.ts';
import type { Writer } from './writer.ts';

/** See AuditStore. */
export function createAuditStore({ all, run, read }: Connection, { write }: Writer): AuditStore {
  return {
    async append(events) {
      const rows = events.map((event) => ({
        at: event.at,
        id: event.id,
        type: event.type,
        user_id: event.userId ?? null,
        client_id: event.clientId ?? null,
        event: JSON.stringify(event),
      }));
      if (rows.length === 0) return;
      await write(() => {
        for (const row of rows) {
          run(
            `INSERT INTO audit_events VALUES (:at, :id, :type, :user_id, :client_id, :event)
              ON CONFLICT DO NOTHING`,
            row,
          );
        }
      });
    },
    async list({ before, beforeId, limit, type, userId, clientId }) {
      const filters: Record<string, string | undefined> = {
        type,
        user_id: userId,
        client_id: clientId,
      };
      const given = Object.entries(filters).filter((entry) => entry[1] !== undefined);
      const conditions = given.map(([column]) => `${column} = :${column}`);
      const parameters: Record<string, string | number> = Object.fromEntries(given) as Record<
        string,
        string
      >;
      if (before !== undefined) {
        conditions.push(
          beforeId === undefined ? 'at < :before' : '(at, id) < (:before, :beforeId)',
        );
        Object.assign(parameters, { before }, beforeId !== undefined && { beforeId });
      }
      const where = conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '';
      const rows = await read(() =>
        all<{ event: string }>(
          `SELECT event FROM audit_events ${where} ORDER BY at DESC, id DESC LIMIT :limit`,
          { ...parameters, limit },
        ),
      );
      return rows.map((row) => JSON.parse(row.event) as AuditEvent);
    },
  };
}
