/**
 * Removal of what has expired. TTL indexes do most of it, but late and not for audit events, whose
 * retention is configured, nor for API keys, which are kept for a while; this takes a bounded batch of the
 * rest.
 */
import type { Document, Filter } from 'mongodb';
import { keepEndedKeysMs } from '../api_keys.ts';
import { keepStatisticsMs } from '../statistics.ts';
import type { PurgeOptions } from '../store.ts';
import type { Connection } from './connection.ts';
import { removeBatch } from './removal.ts';

/** Answers how many records went; see Store.purge. */
export async function purge(
  { database, guard }: Connection,
  options: PurgeOptions,
): Promise<number> {
  const { now, limit, auditBefore } = options;
  const expired = { $lte: new Date(now) };
  const filters: [string, Filter<Document>][] = [
    ['audit_events', { at: { $lt: auditBefore } }],
    ['api_keys', { ends_at: { $lt: now - keepEndedKeysMs } }],
    ['statistics', { bucket: { $lt: now - keepStatisticsMs } }],
    ['refusals', { expires_at: expired }],
    ['artifacts', { expires_at: expired }],
    ['revocations', { expires_at: expired }],
    ['status_leases', { expires_at: expired }],
    ['status_ranges', { expires_at: expired }],
    ['counters', { reset_at: expired }],
    ['clients', { expires_at: expired }],
    ['webhook_deliveries', { expires_at: expired }],
  ];
  let total = 0;
  for (const [name, filter] of filters) {
    const collection = database.collection(name);
    const { removed } = await guard(() => removeBatch(collection, filter, limit));
    total += removed;
  }
  return total;
}
