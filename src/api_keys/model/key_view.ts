/**
 * A key as it is shown, in wire spelling: never its hash, and of the key itself only the first eight and last
 * four characters.
 */

import type { Api } from '../../apis/room.ts';
import { iso } from '../../clock.ts';
import type { ApiKeyRecord } from '../../storage/api_keys.ts';
import { isOwnerActive, type Owner } from '../lifecycle/owners.ts';
import { hasEnded } from './policy.ts';

export type ApiKeyState = 'active' | 'disabled' | 'expired' | 'revoked';

/** The records that a key depends on. `api`: as declared now. */
type KeyDependencies = Owner & { api: Api | undefined };

type Circumstances = {
  now: number;
  /** Undefined: not looked up. */
  dependencies?: KeyDependencies | undefined;
};

/**
 * `lastUsedAt`: milliseconds, to the minute. Times in the view are ISO 8601; absent fields are left out of the
 * JSON.
 */
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

function apiKeyStateOf(record: ApiKeyRecord, circumstances: Circumstances): ApiKeyState {
  if (record.revokedAt !== undefined) return 'revoked';
  if (hasEnded(record, circumstances.now)) return 'expired';
  return disablerOf(record, circumstances) ? 'disabled' : 'active';
}

/** What has to be enabled or restored before the key works again; undefined if nothing does. */
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
