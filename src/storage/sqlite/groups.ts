/**
 * Groups in SQLite.
 */
import { DuplicateError } from '../errors.ts';
import type { GroupRecord, GroupStore } from '../groups.ts';
import { boundedPage } from '../pages.ts';
import type { Connection } from './connection.ts';
import type { Writer } from './writer.ts';

type Row = { record: string };

const createSql = `INSERT INTO groups (name, version, record) VALUES (:name, :version, :record)
  ON CONFLICT DO NOTHING`;

const updateSql = `UPDATE groups SET version = :version, record = :record
  WHERE name = :name AND version = :version - 1`;

const listSql = 'SELECT record FROM groups WHERE name > :after ORDER BY name LIMIT :size';

/** See GroupStore. */
export function createGroupStore(
  { run, readOne, readAll }: Connection,
  { write }: Writer,
): GroupStore {
  const save = (sql: string, group: GroupRecord) => {
    const { name, version } = group;
    const record = JSON.stringify(group);
    return write(() => run(sql, { name, version, record }) === 1);
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
    async create(group) {
      if (!(await save(createSql, group))) throw new DuplicateError('A group with this name');
    },
    update: (group) => save(updateSql, group),
    remove: (name) => write(() => run('DELETE FROM groups WHERE name = :name', { name }) === 1),
  };
}

function toGroup({ record }: Row): GroupRecord {
  return JSON.parse(record) as GroupRecord;
}
