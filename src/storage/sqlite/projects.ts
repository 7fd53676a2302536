/**
 * Projects in SQLite.
 */
import type { ProjectRecord, ProjectStore } from '../projects.ts';
import type { Connection } from './connection.ts';
import { createNamedRecords } from './named_records.ts';
import type { Writer } from './writer.ts';

/** See ProjectStore. */
export function createProjectStore(connection: Connection, writer: Writer): ProjectStore {
  const { findBy, ...projects } = createNamedRecords<'name', ProjectRecord>(connection, writer, {
    table: 'projects',
    noun: 'project',
    columns: ['name'],
  });
  return {
    ...projects,
    find: (id) => findBy('id', id),
    findByName: (name) => findBy('name', name),
  };
}
