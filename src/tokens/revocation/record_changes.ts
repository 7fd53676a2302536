/**
 * Changes to users and clients that revoke what was issued before, as data: whoever finds one that a dead
 * process began makes the change, with its audit event, exactly once.
 */
import { isDeepStrictEqual } from 'node:util';
import type { AuditRecord, AuditSink } from '../../audit/room.ts';
import { type AnnounceChange, clientChangedKind } from '../../caching/change_markers.ts';
import type { Clock } from '../../clock.ts';
import { nextVersion } from '../../storage/change_record.ts';
import type { Store } from '../../storage/store.ts';

/** An audit event with its id and time fixed, so that recording it again is harmless. */
export type FixedAuditEvent = AuditRecord & Required<Pick<AuditRecord, 'id' | 'at'>>;

export type RecordChange = {
  record: 'user' | 'client';
  id: string;
  /** When the record was created (ms). A later record with the same id is not meant. */
  createdAt: number;
  /** The only version that it may change, so that it overwrites no later decision. */
  version: number;
  /** The members to change and their new values. Null: delete the record. */
  to: Record<string, unknown> | null;
  event: FixedAuditEvent;
};

/**
 * Returns false, with nothing changed, if the record is no longer the one to change. Throws StoreUnavailableError.
 */
export type MakeChange = (change: RecordChange) => Promise<boolean>;

type VersionedRecord = { createdAt: number; version: number; updatedAt: number };
type Records = {
  find(id: string): Promise<VersionedRecord | undefined>;
  update(record: VersionedRecord): Promise<boolean>;
  remove(id: string): Promise<boolean>;
  changed(id: string): Promise<unknown>;
};

export function createRecordChanges({
  store,
  announce,
  audit,
  clock,
}: {
  store: Pick<Store, 'users' | 'clients'>;
  announce: AnnounceChange;
  audit: AuditSink;
  clock: Clock;
}): MakeChange {
  const records: Record<RecordChange['record'], Records> = {
    user: { ...store.users, changed: async () => {} } as Records,
    client: { ...store.clients, changed: (id) => announce(clientChangedKind, id) } as Records,
  };

  return async ({ record, id, createdAt, version, to, event }) => {
    const { find, update, remove, changed } = records[record];
    const findMeant = async () => {
      const found = await find(id);
      return found?.createdAt === createdAt ? found : undefined;
    };
    const current = await findMeant();
    if (!isMade(current, to)) {
      if (current?.version !== version) return false;
      const done =
        to === null ? await remove(id) : await update(nextVersion(current, to, clock.now()));
      if (!done && !isMade(await findMeant(), to)) return false;
    }
    await changed(id);
    await audit.record(event);
    return true;
  };
}

function isMade(current: object | undefined, to: RecordChange['to']): boolean {
  if (to === null || current === undefined) return to === null && current === undefined;
  return Object.entries(to).every(([name, value]) =>
    isDeepStrictEqual((current as Record<string, unknown>)[name], value),
  );
}
