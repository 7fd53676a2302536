/**
 * A store with many API keys: put there by SQL, since making a million of them one by one would take an hour.
 */
import { DatabaseSync } from 'node:sqlite';
import { createKey, displayOf } from '../../src/api_keys/model/key_format.ts';
import { randomId, sha256 } from '../../src/digests.ts';
import type { ApiKeyRecord } from '../../src/storage/api_keys.ts';
import type { ProjectRecord } from '../../src/storage/projects.ts';

const prefix = 'bench';

/** Adds `count` keys of one project to the SQLite database in `file`; answers the first `returned` of them. */
export function insertKeys(
  file: string,
  { count, returned, api, tier }: { count: number; returned: number; api: string; tier: string },
): string[] {
  const database = new DatabaseSync(file, { timeout: 10_000 });
  const now = Date.now();
  const times = { createdAt: now, updatedAt: now, version: 1 };
  const project: ProjectRecord = { id: randomId(), name: randomId(), api, memberIds: [], ...times };
  const insertKey = database.prepare(
    'INSERT INTO api_keys VALUES (?, ?, ?, ?, NULL, NULL, NULL, NULL, 1, ?)',
  );
  const keys: string[] = [];
  database.exec('BEGIN IMMEDIATE');
  database
    .prepare('INSERT INTO projects VALUES (?, ?, 1, ?)')
    .run(project.id, project.name, JSON.stringify(project));
  for (let index = 0; index < count; index += 1) {
    const key = createKey(prefix, 'live');
    const id = `key_${randomId()}`;
    const record: ApiKeyRecord = {
      ...{ id, hash: sha256(key), display: displayOf(key), lineage: id, name: 'bench', api, tier },
      ...{ scopes: ['orders:read'], environment: 'live', projectId: project.id, allowIps: [] },
      ...{ metadata: {}, createdBy: 'operator', ...times },
    };
    insertKey.run(id, record.hash, id, project.id, JSON.stringify(record));
    if (keys.length < returned) keys.push(key);
  }
  database.exec('COMMIT');
  database.close();
  return keys;
}
