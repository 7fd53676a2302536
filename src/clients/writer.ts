/**
 * How client records are written: created, changed by compare-and-set, and recorded in the audit trail. Shared
 * by the other files of this room.
 */
import {
  type AuditRecord,
  byOperator,
  type ChangeContext,
  type ChangeSink,
  changeOf,
  createdAs,
  onRecord,
} from '../audit/room.ts';
import { type AnnounceChange, clientChangedKind } from '../caching/change_markers.ts';
import type { Clock } from '../clock.ts';
import { CardeaError } from '../errors.ts';
import { changeRecord } from '../storage/change_record.ts';
import type { ClientRecord, ClientStore } from '../storage/clients.ts';
import { changeRecordAndRevoke, type RevokingSwitches } from '../tokens/room.ts';
import { storedSecret } from './secrets.ts';

export type ClientChange = Partial<
  Pick<
    ClientRecord,
    'metadata' | 'bounds' | 'secretHashes' | 'disabledAt' | 'source' | 'freshUntil' | 'expiresAt'
  >
>;

type ClientEvent = 'created' | 'updated' | 'secret_rotated' | 'disabled' | 'enabled' | 'deleted';

/** Rejects metadata that the protocol engine would not accept. */
export type ValidateClient = (
  clientId: string,
  metadata: Record<string, unknown>,
  hasSecret: boolean,
) => Promise<void>;

export type ClientsDependencies = {
  store: ClientStore;
  clock: Clock;
  audit: ChangeSink;
  announce: AnnounceChange;
  killSwitches: RevokingSwitches;
  validate?: ValidateClient;
};

export type ClientWriter = {
  /** Throws CardeaError `not_found`. */
  get(clientId: string): Promise<ClientRecord>;
  store: ClientStore;
  clock: Clock;
  validate: ValidateClient;
  /** `created`: by whom, where that is on record. */
  insert(client: {
    clientId: string;
    metadata: Record<string, unknown>;
    /** Itself, or its hash where nothing else is known of it. */
    secret: string | { sha256: string } | undefined;
    source: ClientRecord['source'];
    disabled?: boolean;
    freshUntil?: number;
    expiresAt?: number;
    created?: ChangeContext;
  }): Promise<ClientRecord>;
  /** Whether an operator may take the id: nobody has it, or a client that came by itself and was never used. */
  isFree(clientId: string): Promise<boolean>;
  /** As insert(), in place of a client that came by itself and was never used. */
  insertByOperator(client: {
    clientId: string;
    metadata: Record<string, unknown>;
    secret: string | { sha256: string } | undefined;
    disabled?: boolean;
    created: ChangeContext;
  }): Promise<ClientRecord>;
  /**
   * Reads the client, decides, and writes unless somebody else wrote meanwhile, in which case it starts again.
   * `decide` returns undefined to leave the client as it is. `event`: as what, and by whom, it is on record; undefined:
   * it is not. Throws CardeaError `not_found`, `conflict`, and whatever `decide` throws.
   */
  change(
    clientId: string,
    event: { type: ClientEvent; by: ChangeContext } | undefined,
    decide: (record: ClientRecord) => Promise<ClientChange | undefined> | ClientChange | undefined,
  ): Promise<{ record: ClientRecord; changed: boolean }>;
  /**
   * Changes the client (null: removes it) and ends all its grants and tokens: both or neither, and another
   * process finishes if this one crashes halfway. Resolves to false if `decide` left it as it is. Throws
   * CardeaError `not_found`, `conflict`, and whatever `decide` throws.
   */
  changeAndRevoke(
    clientId: string,
    event: ClientEvent,
    by: ChangeContext | undefined,
    decide: (record: ClientRecord) => ClientChange | null | undefined,
  ): Promise<boolean>;
};

export function createClientWriter({
  store,
  clock,
  audit,
  announce,
  killSwitches,
  validate = async () => {},
}: ClientsDependencies): ClientWriter {
  const findKnown = async (clientId: string) => {
    const record = await store.find(clientId);
    if (!record) throw noSuchClient();
    return record;
  };

  const insert: ClientWriter['insert'] = async ({
    clientId,
    metadata,
    secret,
    source,
    disabled = false,
    created,
    ...times
  }) => {
    const now = clock.now();
    const record: ClientRecord = {
      clientId,
      metadata,
      secretHashes: secret === undefined ? [] : [storedSecret(secret, now)],
      source,
      ...times,
      ...(disabled && { disabledAt: now }),
      createdAt: now,
      updatedAt: now,
      version: 1,
    };
    if (!created) await store.create(record);
    else {
      const change = createdAs({ kind: 'client', id: clientId }, record);
      await audit.recordChange(
        eventOf('created', clientId, { ...onRecord(created), ...change }),
        (event) => store.create(record, event).then(() => true),
      );
    }
    return record;
  };

  return {
    get: findKnown,
    store,
    clock,
    validate,
    insert,

    async isFree(clientId) {
      const known = await store.find(clientId);
      return known === undefined || known.expiresAt !== undefined;
    },

    async insertByOperator(client) {
      const { clientId } = client;
      const known = await store.find(clientId);
      if (known?.expiresAt !== undefined) {
        await store.remove(clientId);
        await announce(clientChangedKind, clientId);
      }
      return insert({ ...client, source: 'operator' });
    },

    async change(clientId, event, decide) {
      const expectedVersion = event?.by.expectedVersion;
      const find = () => findKnown(clientId);
      const update = (next: ClientRecord, found: ClientRecord) => {
        if (!event) return store.update(next);
        const change = changeOf({ kind: 'client', id: clientId }, found, next);
        return audit.recordChange(
          eventOf(event.type, clientId, { ...onRecord(event.by), ...change }),
          (kept) => store.update(next, kept),
        );
      };
      const outcome = await changeRecord(
        { find, update, contended: clientConflict, clock, expectedVersion },
        decide,
      );
      if (outcome.changed) await announce(clientChangedKind, clientId);
      return outcome;
    },

    async changeAndRevoke(clientId, event, by = byOperator, decide) {
      const { changed } = await changeRecordAndRevoke<ClientRecord>(
        { killSwitches, clock },
        {
          ...{ record: 'client', id: clientId, target: { clientId } },
          ...{ type: `client.${event}`, by, decide, contended: clientConflict },
          find: () => findKnown(clientId),
        },
      );
      return changed;
    },
  };
}

function eventOf(type: ClientEvent, clientId: string, change: Partial<AuditRecord>): AuditRecord {
  return { type: `client.${type}`, outcome: 'success', clientId, ...change };
}

function noSuchClient(): CardeaError {
  return new CardeaError({ code: 'not_found', status: 404, message: 'No such client.' });
}

function clientConflict(): CardeaError {
  return new CardeaError({
    code: 'conflict',
    status: 409,
    message: 'Somebody else changed the client at the same time. Check it and try again.',
  });
}
