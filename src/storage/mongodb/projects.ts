/**
 * Projects in MongoDB.
 */
import {
  type ProjectRecord,
  type ProjectStore,
  projectConditions,
  projectListing,
} from '../projects.ts';
import type { Fillable } from '../search.ts';
import type { Connection } from './connection.ts';
import { createNamedRecords } from './named_records.ts';
import { createRecordLists } from './record_lists.ts';

/** See ProjectStore. */
export function createProjectStore(connection: Connection): ProjectStore & Fillable {
  const lists = createRecordLists(connection, {
    ...{ collection: 'projects', id: '_id', name: 'name', listing: projectListing },
  });
  const { findBy, ...projects } = createNamedRecords<'name', ProjectRecord>(connection, {
    collection: 'projects',
    noun: 'project',
    fields: ['name'],
    lists,
  });
  return {
    ...projects,
    fill: lists.fill,
    find: (id) => findBy('_id', id),
    findByName: (name) => findBy('name', name),
    list: (options) => lists.list(options, projectConditions(options)),
  };
}
