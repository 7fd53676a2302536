/**
 * Audit events in MongoDB: the event as a JSON text beside what it is searched by.
 */
import type { Filter } from 'mongodb';
import type { AuditEvent, AuditStore } from '../audit_events.ts';
import { type Connection, exactly } from './connection.ts';
import { onlyDuplicates } from './errors.ts';

export type StoredEvent = {
  _id: string;
  at: number;
  type: string;
  user_id?: string;
  client_id?: string;
  event: string;
};

/** See AuditStore. */
export function createAuditStore({ database, guard }: Connection): AuditStore {
  const collection = database.collection<StoredEvent>('audit_events');
  return {
    async append(events) {
      if (events.length === 0) return;
      const stored = events.map(toStored);
      await guard(async () => {
        try {
          await collection.insertMany(stored, { ordered: false });
        } catch (error) {
          if (!onlyDuplicates(error)) throw error;
        }
      });
    },
    async list({ before, beforeId, limit, type, userId, clientId }) {
      const filter: Filter<StoredEvent> = {
        ...(type !== undefined && { type: exactly(type) }),
        ...(userId !== undefined && { user_id: exactly(userId) }),
        ...(clientId !== undefined && { client_id: exactly(clientId) }),
        ...(before !== undefined && beforeId === undefined && { at: { $lt: before } }),
        ...(before !== undefined &&
          beforeId !== undefined && {
            at: { $lte: before },
            $or: [{ at: { $lt: before } }, { _id: { $lt: beforeId } }],
          }),
      };
      const stored = await guard(() =>
        collection.find(filter).sort({ at: -1, _id: -1 }).limit(limit).toArray(),
      );
      return stored.map(({ event }) => JSON.parse(event) as AuditEvent);
    },
  };
}

function toStored(event: AuditEvent): StoredEvent {
  const { id, at, type, userId, clientId } = event;
  return {
    _id: id,
    at,
    type,
    ...(userId !== undefined && { user_id: userId }),
    ...(clientId !== undefined && { client_id: clientId }),
    event: JSON.stringify(event),
  };
}
