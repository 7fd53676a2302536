/**
 * Clients in SQLite: the record as JSON beside what it is found by, and the last uses in a table of their own, from which
 * triggers remove those of clients and secrets that are gone.
 */
import type { AuditEvent } from '../audit_events.ts';
import {
  type ClientRecord,
  type ClientStore,
  type ClientUses,
  clientConditions,
  clientListing,
} from '../clients.ts';
import { DuplicateError } from '../errors.ts';
import type { Fillable } from '../search.ts';
import type { Connection } from './connection.ts';
import { createRecordLists } from './record_lists.ts';
import type { RoutineWriter } from './routine_writer.ts';
import { keepUnsettled } from './unsettled_events.ts';
import type { Writer } from './writer.ts';

type Row = { record: string };
type UseRow = { secret: string; lastUsedAt: number };

/** How many clients are kept parsed. */
const maxParsed = 1000;

const namingApi = `SELECT c.record FROM client_apis a JOIN clients c ON c.client_id = a.client_id
  WHERE a.api = :link`;

const createSql = `INSERT INTO clients (client_id, version, record, expires_at, words)
  VALUES (:clientId, :version, :record, :expiresAt, :words) ON CONFLICT DO NOTHING`;

const updateSql = `UPDATE clients SET version = :version, record = :record, expires_at = :expiresAt,
  words = :words WHERE client_id = :clientId AND version = :version - 1`;

const usesSql = `SELECT secret, last_used_at AS lastUsedAt FROM client_uses
  WHERE client_id = :clientId LIMIT 100`;

/** In place of a secret: the use of the client itself, whatever it proved itself with. */
const ofClient = '';

/** See ClientStore. */
export function createClientStore(
  connection: Connection,
  writer: Writer,
  routine: RoutineWriter,
): ClientStore & Fillable {
  const { all, run, read, readOne } = connection;
  const { write } = writer;
  const { list, fill, wordsOf } = createRecordLists(connection, writer, {
    ...{ table: 'clients', id: 'client_id', name: 'client_id', listing: clientListing },
    otherLinks: { apis: { sql: namingApi, name: 'a.client_id' } },
  });
  /** Each request reads its client; the same text is parsed once. */
  const parsed = new Map<string, Row & { client: ClientRecord }>();

  const save = (sql: string, client: ClientRecord, event: AuditEvent | undefined) => {
    const record = JSON.stringify(client);
    const words = wordsOf(client);
    const { clientId, version, expiresAt = null } = client;
    return write(() => {
      const saved = run(sql, { clientId, version, record, expiresAt, words }) === 1;
      if (saved) keepUnsettled(connection, event);
      return saved;
    });
  };

  return {
    async find(clientId) {
      const row = await readOne<Row>('SELECT record FROM clients WHERE client_id = :clientId', {
        clientId,
      });
      if (!row) return undefined;
      const known = parsed.get(clientId);
      if (known?.record === row.record) return known.client;
      if (parsed.size >= maxParsed) parsed.clear();
      const client = Object.freeze(toRecord(row));
      parsed.set(clientId, { ...row, client });
      return client;
    },
    fill,
    list: (options) => list(options, clientConditions(options)),
    async create(client, event) {
      const created = await save(createSql, client, event);
      if (!created) throw new DuplicateError('A client with this client_id');
    },
    update: (client, event) => save(updateSql, client, event),
    remove: (clientId) =>
      write(() => run('DELETE FROM clients WHERE client_id = :clientId', { clientId }) === 1),
    async touch(uses) {
      if (uses.length === 0) return;
      const rows = uses.flatMap(({ clientId, secretHash, lastUsedAt }) => [
        [clientId, ofClient, lastUsedAt],
        ...(secretHash === undefined ? [] : [[clientId, secretHash, lastUsedAt]]),
      ]);
      await routine.write('touchClient', rows, false);
    },
    lastUses: (clientIds) =>
      read(() =>
        [...new Set(clientIds)].flatMap((clientId) => {
          const uses = all<UseRow>(usesSql, { clientId });
          return uses.length > 0 ? [toUses(clientId, uses)] : [];
        }),
      ),
  };
}

function toUses(clientId: string, uses: readonly UseRow[]): ClientUses {
  const { [ofClient]: lastUsedAt = 0, ...secrets } = Object.fromEntries(
    uses.map(({ secret, lastUsedAt }) => [secret, lastUsedAt]),
  );
  return { clientId, lastUsedAt, secrets };
}

function toRecord({ record }: Row): ClientRecord {
  return JSON.parse(record) as ClientRecord;
}
