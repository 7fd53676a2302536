/**
 * Writes of APIs to the store, each with its audit event.
 */
import {
  type AuditRecord,
  type ChangeContext,
  type ChangeSink,
  changeOf,
  createdAs,
  onRecord,
  type RecordedChange,
  removedAs,
} from '../audit/room.ts';
import type { ApiRecord, ApiStore } from '../storage/apis.ts';

export type ApiEvent = 'created' | 'updated' | 'disabled' | 'enabled' | 'deleted';

export type RecordedApis = {
  /** Throws DuplicateError. */
  create(record: ApiRecord, by: ChangeContext): Promise<void>;
  /** What ApiStore.update() does with `next`, as this event. */
  update(
    event: ApiEvent,
    by: ChangeContext,
  ): (next: ApiRecord, found: ApiRecord) => Promise<boolean>;
  /** False when there was none. */
  remove(record: ApiRecord, by: ChangeContext): Promise<boolean>;
};

export function createRecordedApis({
  store,
  audit,
}: {
  store: Pick<ApiStore, 'create' | 'update' | 'remove'>;
  audit: ChangeSink;
}): RecordedApis {
  return {
    async create(record, by) {
      await audit.recordChange(
        eventOf('created', by, createdAs(targetOf(record), record)),
        (event) => store.create(record, event).then(() => true),
      );
    },
    update: (type, by) => (next, found) =>
      audit.recordChange(eventOf(type, by, changeOf(targetOf(next), found, next)), (event) =>
        store.update(next, event),
      ),
    remove: (record, by) =>
      audit.recordChange(eventOf('deleted', by, removedAs(targetOf(record), record)), (event) =>
        store.remove(record.identifier, event),
      ),
  };
}

function targetOf({ identifier: id }: ApiRecord) {
  return { kind: 'api' as const, id };
}

function eventOf(type: ApiEvent, by: ChangeContext, change: RecordedChange): AuditRecord {
  return { type: `api.${type}`, outcome: 'success', ...onRecord(by), ...change };
}
