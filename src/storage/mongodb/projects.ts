/**
 * Projects in MongoDB: the record as a JSON text beside what it is found by.
 */
import { DuplicateError } from '../errors.ts';
import type { ProjectRecord, ProjectStore } from '../projects.ts';
import { asText, byId, type Connection, exactly } from './connection.ts';
import { retryDeadlocks, violatedIndex } from './errors.ts';

type StoredProject = { _id: string; name: string; version: number; record: string };

/** See ProjectStore. */
export function createProjectStore({ database, guard }: Connection): ProjectStore {
  const projects = database.collection<StoredProject>('projects');

  const findBy = async (field: '_id' | 'name', value: string) => {
    const stored = await guard(() => projects.findOne({ [field]: exactly(value) }));
    return stored ? toRecord(stored) : undefined;
  };
  const orDuplicate = async <T>(operation: () => Promise<T>) => {
    try {
      return await guard(() => retryDeadlocks(operation));
    } catch (error) {
      const index = violatedIndex(error);
      if (!index) throw error;
      throw new DuplicateError(`A project with this ${index === '_id_' ? 'id' : index}`);
    }
  };

  return {
    find: (id) => findBy('_id', id),
    findByName: (name) => findBy('name', name),
    async list({ after = '', limit }) {
      const found = projects.find({ name: { $gt: asText(after) } });
      const stored = await guard(() => found.sort({ name: 1 }).limit(limit).toArray());
      return stored.map(toRecord);
    },
    async create(project) {
      const stored = { _id: asText(project.id), ...toStored(project) };
      await orDuplicate(() => projects.insertOne(stored));
    },
    async update(project) {
      const filter = { ...byId(project.id), version: project.version - 1 };
      const result = await orDuplicate(() => projects.replaceOne(filter, toStored(project)));
      return result.matchedCount === 1;
    },
    async remove(id) {
      const result = await guard(() => projects.deleteOne(byId(id)));
      return result.deletedCount === 1;
    },
  };
}

function toStored(project: ProjectRecord): Omit<StoredProject, '_id'> {
  const { name, version } = project;
  return { name, version, record: JSON.stringify(project) };
}

function toRecord({ record }: StoredProject): ProjectRecord {
  return JSON.parse(record) as ProjectRecord;
}
