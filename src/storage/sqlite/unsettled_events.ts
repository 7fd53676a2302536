/**
 * Audit events of changes, in SQLite: written in the transaction of the change, until they are in the trail.
 */
import type { AuditEvent } from '../audit_events.ts';
import type { Connection } from './connection.ts';

/** Part of a transaction (Writer): keeps the event, where there is one. One that is repeated is kept once. */
export function keepUnsettled({ run }: Pick<Connection, 'run'>, event: AuditEvent | undefined) {
  if (!event) return;
  const { id, at } = event;
  run('INSERT INTO unsettled_events VALUES (:id, :at, :event) ON CONFLICT DO NOTHING', {
    ...{ id, at, event: JSON.stringify(event) },
  });
}
