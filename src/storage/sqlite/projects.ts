/**
 * Projects in SQLite: the record as JSON beside what it is found by.
 */
import { DuplicateError } from '../errors.ts';
import type { ProjectRecord, ProjectStore } from '../projects.ts';
import type { Connection } from './connection.ts';
import { violatedColumn } from './errors.ts';
import type { Writer } from './writer.ts';

type Row = { record: string };

/** See ProjectStore. */
export function createProjectStore(
  { get, all, run, read }: Connection,
  { write }: Writer,
): ProjectStore {
  const findBy = async (column: 'id' | 'name', value: string) => {
    const row = await read(() =>
      get<Row>(`SELECT record FROM projects WHERE ${column} = :value`, { value }),
    );
    return row && toRecord(row);
  };
  const save = async (sql: string, project: ProjectRecord) => {
    const { id, name, version } = project;
    const record = JSON.stringify(project);
    try {
      return (await write(() => run(sql, { id, name, version, record }))) === 1;
    } catch (error) {
      const column = violatedColumn(error)?.replace('projects.', '');
      throw column ? new DuplicateError(`A project with this ${column}`) : error;
    }
  };

  return {
    find: (id) => findBy('id', id),
    findByName: (name) => findBy('name', name),
    async list({ after = '', limit }) {
      const sql = 'SELECT record FROM projects WHERE name > :after ORDER BY name LIMIT :limit';
      return (await read(() => all<Row>(sql, { after, limit }))).map(toRecord);
    },
    async create(project) {
      await save('INSERT INTO projects VALUES (:id, :name, :version, :record)', project);
    },
    update: (project) =>
      save(
        `UPDATE projects SET name = :name, version = :version, record = :record
          WHERE id = :id AND version = :version - 1`,
        project,
      ),
    remove: (id) => write(() => run('DELETE FROM projects WHERE id = :id', { id }) === 1),
  };
}

function toRecord({ record }: Row): ProjectRecord {
  return JSON.parse(record) as ProjectRecord;
}
