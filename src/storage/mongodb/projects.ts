/**
 * Projects in MongoDB.
 */
import type { ProjectRecord, ProjectStore } from '../projects.ts';
import type { Connection } from './connection.ts';
import { createNamedRecords } from './named_records.ts';

/** See ProjectStore. */
export function createProjectStore(connection: Connection): ProjectStore {
  const { findBy, ...projects } = createNamedRecords<'name', ProjectRecord>(connection, {
    collection: 'projects',
    noun: 'project',
    fields: ['name'],
  });
  return {
    ...projects,
    find: (id) => findBy('_id', id),
    findByName: (name) => findBy('name', name),
  };
}
