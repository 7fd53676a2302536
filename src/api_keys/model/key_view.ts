/**
 * A key as it may be shown, in the spelling of the wire: never its hash, and of the key itself the first eight
 * and the last four characters.
 */
import type { Api } from '../../apis/room.ts';
import type { ApiKeyRecord } from '../../storage/api_keys.ts';
import { isOwnerActive, type Owner } from '../lifecycle/owners.ts';
import { hasEnded } from './policy.ts';

export type ApiKeyState = 'active' | 'disabled' | 'expired' | 'revoked';

/** What a key depends on. `api`: as it is declared now. */
export type KeyDependencies = Owner & { api: Api | undefined };

type Circumstances = {
  now: number;
  /** Undefined: not looked at. */
  dependencies?: KeyDependencies | undefined;
};

/** `lastUsedAt`: ms; to the minute. Times are ISO 8601; what is absent is left out of JSON. */
export function keyView(
  record: ApiKeyRecord,
  { lastUsedAt, ...circumstances }: Circumstances & { lastUsedAt?: number | undefined },
) {
  const { limits } = record;
  const state = apiKeyStateOf(record, circumstances);
  return {
    id: record.id,
    name: record.name,
    display: `${record.display.start}…${record.display.end}`,
    state,
    disabled_by: state === 'disabled' ? disablerOf(record, circumstances) : undefined,
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

export function apiKeyStateOf(record: ApiKeyRecord, circumstances: Circumstances): ApiKeyState {
  if (record.revokedAt !== undefined) return 'revoked';
  if (hasEnded(record, circumstances.now)) return 'expired';
  return disablerOf(record, circumstances) ? 'disabled' : 'active';
}

/** Why it is refused until something is enabled, or there, again; undefined: it is not. */
function disablerOf(
  record: ApiKeyRecord,
  { dependencies }: Circumstances,
): 'key' | 'project' | 'user' | 'api' | undefined {
  if (record.disabledAt !== undefined) return 'key';
  if (!dependencies) return undefined;
  if (!isOwnerActive(record, dependencies))
    return record.projectId === undefined ? 'user' : 'project';
  return dependencies.api ? undefined : 'api';
}

function iso(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString();
}
