/**
 * A store that is written in bulk: the store's own modules write it, so each record is as the server's, but many at
 * once and without waiting for the disk. Nobody else may use the store meanwhile.
 */
import type { Store } from '../../../src/storage/store.ts';
import { openBulkMongo } from './bulk_mongodb.ts';
import { openBulkSqlite } from './bulk_sqlite.ts';

export type BulkStore = Pick<
  Store,
  | 'apiKeys'
  | 'artifacts'
  | 'audit'
  | 'auditChains'
  | 'clients'
  | 'documents'
  | 'projects'
  | 'refusals'
  | 'revocations'
  | 'statistics'
  | 'statusLeases'
  | 'statusRanges'
  | 'usage'
  | 'users'
> & {
  /** The id of the newest artifact of this kind. */
  artifactOf(kind: string): Promise<string>;
  /** Everything is in the store when it resolves, and found by its indexes. */
  finish(): Promise<void>;
};

export function openBulk(url: string): Promise<BulkStore> {
  return url.startsWith('mongodb')
    ? openBulkMongo(url)
    : openBulkSqlite(url.slice('sqlite:'.length));
}
