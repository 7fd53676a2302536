/**
 * A key as it may be shown, in the spelling of the wire: never its hash, and of the key itself the first eight
 * and the last four characters.
 */
import type { ApiKeyRecord } from '../storage/api_keys.ts';
import { isOver } from './policy.ts';

export type KeyState = 'active' | 'disabled' | 'expired' | 'revoked';

/** `lastUsedAt`: ms; to the minute. Times are ISO 8601; what is absent is left out of JSON. */
export function keyView(
  record: ApiKeyRecord,
  { now, lastUsedAt }: { now: number; lastUsedAt?: number | undefined },
) {
  const { limits } = record;
  return {
    id: record.id,
    name: record.name,
    display: `${record.display.start}…${record.display.end}`,
    state: stateOf(record, now),
    api: record.api,
    project_id: record.projectId,
    user_id: record.userId,
    environment: record.environment,
    scopes: record.scopes,
    tier: record.tier,
    limits: limits && {
      requests_per_minute: limits.requestsPerMinute,
      requests_per_month: limits.requestsPerMonth,
    },
    allow_ips: record.allowIps,
    metadata: record.metadata,
    lineage: record.lineage,
    replaced_by: record.replacedBy,
    created_by: record.createdBy,
    created_at: iso(record.createdAt),
    updated_at: iso(record.updatedAt),
    expires_at: iso(record.expiresAt),
    disabled_at: iso(record.disabledAt),
    revoked_at: iso(record.revokedAt),
    last_used_at: iso(lastUsedAt),
  };
}

export function stateOf(record: ApiKeyRecord, now: number): KeyState {
  if (record.revokedAt !== undefined) return 'revoked';
  if (isOver(record, now)) return 'expired';
  return record.disabledAt === undefined ? 'active' : 'disabled';
}

function iso(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString();
}
