/**
 * Changes of users and clients that end what was issued before them: as data, so that whoever finds one that was
 * begun by a process that died makes it, with its audit event, exactly once.
 */
import { isDeepStrictEqual } from 'node:util';
import type { AuditSink } from '../../audit/room.ts';
import { type AnnounceChange, clientChangedKind } from '../../caching/change_markers.ts';
import type { Clock } from '../../clock.ts';
import { nextVersion } from '../../storage/change_record.ts';
import type { Store } from '../../storage/store.ts';

type Event = Parameters<AuditSink['record']>[0] & { id: string; at: number };

export type RecordChange = {
  record: 'user' | 'client';
  id: string;
  /** When the record was made (ms): another one that has its id since is not meant. */
  createdAt: number;
  /** The version that it changes, and no other: what somebody decided later stays. */
  version: number;
  /** The members that get other values; null: the record goes. */
  to: Record<string, unknown> | null;
  event: Event;
};

/** False, and nothing is changed: the record is not the one any more that was to change. StoreUnavailableError. */
export type MakeChange = (change: RecordChange) => Promise<boolean>;

type Kept = { createdAt: number; version: number; updatedAt: number };
type Records = {
  find(id: string): Promise<Kept | undefined>;
  update(record: Kept): Promise<boolean>;
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
