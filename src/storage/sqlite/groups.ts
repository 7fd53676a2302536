/**
 * Groups in SQLite.
 */
import type { AuditEvent } from '../audit_events.ts';
import { DuplicateError } from '../errors.ts';
import type { GroupRecord, GroupStore } from '../groups.ts';
import { boundedPage } from '../pages.ts';
import type { Connection } from './connection.ts';
import { keepUnsettled } from './unsettled_events.ts';
import type { Writer } from './writer.ts';

type Row = { record: string };

const createSql = `INSERT INTO groups (name, version, record) VALUES (:name, :version, :record)
  ON CONFLICT DO NOTHING`;

const updateSql = `UPDATE groups SET version = :version, record = :record
  WHERE name = :name AND version = :version - 1`;

const listSql = 'SELECT record FROM groups WHERE name > :after ORDER BY name LIMIT :size';

/** See GroupStore. */
export function createGroupStore(connection: Connection, { write }: Writer): GroupStore {
  const { run, readOne, readAll } = connection;
  const withEvent = (isDone: boolean, event: AuditEvent | undefined) => {
    if (isDone) keepUnsettled(connection, event);
    return isDone;
  };
  const save = (sql: string, group: GroupRecord, event: AuditEvent | undefined) => {
    const { name, version } = group;
    const record = JSON.stringify(group);
    return write(() => withEvent(run(sql, { name, version, record }) === 1, event));
  };

  return {
    async find(name) {
      const row = await readOne<Row>('SELECT record FROM groups WHERE name = :name', { name });
      return row && toGroup(row);
    },
    list: ({ after, limit }) =>
      boundedPage<GroupRecord>({
        ...{ after, limit, isFiltered: false, matches: () => true },
        read: async (from = '', size) =>
          (await readAll<Row>(listSql, { after: from, size })).map((row) => {
            const item = toGroup(row);
            return { item, place: item.name };
          }),
      }),
    async create(group, event) {
      if (!(await save(createSql, group, event)))
        throw new DuplicateError('A group with this name');
    },
    update: (group, event) => save(updateSql, group, event),
    remove: (name, event) =>
      write(() => withEvent(run('DELETE FROM groups WHERE name = :name', { name }) === 1, event)),
  };
}

function toGroup({ record }: Row): GroupRecord {
  return JSON.parse(record) as GroupRecord;
}
