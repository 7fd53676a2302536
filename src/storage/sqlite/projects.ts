/**
 * Projects in SQLite.
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
import type { Writer } from './writer.ts';

/** See ProjectStore. */
export function createProjectStore(
  connection: Connection,
  writer: Writer,
): ProjectStore & Fillable {
  const { list, fill, wordsOf } = createRecordLists(connection, writer, {
    ...{ table: 'projects', id: 'id', name: 'name', listing: projectListing },
  });
  const { findBy, ...projects } = createNamedRecords<'name', ProjectRecord>(connection, writer, {
    ...{ table: 'projects', noun: 'project', columns: ['name'], wordsOf },
  });
  return {
    ...projects,
    fill,
    find: (id) => findBy('id', id),
    findByName: (name) => findBy('name', name),
    list: (options) => list(options, projectConditions(options)),
  };
}
