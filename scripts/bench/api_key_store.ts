/**
 * API keys for measurements: a few through the store's own operations, or a million by SQL, since making them one
 * by one would take an hour.
 */
import { DatabaseSync } from 'node:sqlite';
import { createKey, displayOf } from '../../src/api_keys/model/key_format.ts';
import { randomId, sha256 } from '../../src/digests.ts';
import type { ApiKeyRecord } from '../../src/storage/api_keys.ts';
import { openStore } from '../../src/storage/open.ts';
import type { ProjectRecord } from '../../src/storage/projects.ts';
import { api, tier } from './declaration.ts';

/** Adds so many keys of one project to the store that `url` names; answers them. */
export async function createKeys(url: string, count: number): Promise<string[]> {
  const store = await openStore({ url, mustExist: true });
  const project = newProject();
  await store.projects.create(project);
  const made = Array.from({ length: count }, () => newKey(project.id));
  for (const { record } of made) await store.apiKeys.create(record);
  await store.close();
  return made.map(({ key }) => key);
}

/** The same in the SQLite database in `file`; answers the first `returned` of them. */
export function insertKeys(
  file: string,
  { count, returned }: { count: number; returned: number },
): string[] {
  const database = new DatabaseSync(file, { timeout: 10_000 });
  const project = newProject();
  const insertKey = database.prepare(
    'INSERT INTO api_keys VALUES (?, ?, ?, ?, NULL, NULL, NULL, NULL, 1, ?)',
  );
  const keys: string[] = [];
  database.exec('BEGIN IMMEDIATE');
  database
    .prepare('INSERT INTO projects VALUES (?, ?, 1, ?)')
    .run(project.id, project.name, JSON.stringify(project));
  for (let index = 0; index < count; index += 1) {
    const { key, record } = newKey(project.id);
    const { id, hash, lineage, projectId = null } = record;
    insertKey.run(id, hash, lineage, projectId, JSON.stringify(record));
    if (keys.length < returned) keys.push(key);
  }
  database.exec('COMMIT');
  database.close();
  return keys;
}

function newProject(): ProjectRecord {
  const name = { id: randomId(), name: randomId() };
  return { ...name, api: api.identifier, memberIds: [], ...newTimes() };
}

function newKey(projectId: string): { key: string; record: ApiKeyRecord } {
  const key = createKey('bench', 'live');
  const id = `key_${randomId()}`;
  const record: ApiKeyRecord = {
    ...{ id, hash: sha256(key), display: displayOf(key), lineage: id, name: 'bench', tier },
    ...{ api: api.identifier, scopes: ['orders:read'], environment: 'live', projectId },
    ...{ allowIps: [], metadata: {}, createdBy: 'operator', ...newTimes() },
  };
  return { key, record };
}

function newTimes() {
  const now = Date.now();
  return { createdAt: now, updatedAt: now, version: 1 };
}
