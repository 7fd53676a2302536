/**
 * Turns what a caller says about a key into its record.
 */
import type { ApiKeysDeclaration } from '../../config/schema/api_keys.ts';
import { sha256 } from '../../digests.ts';
import { invalidField } from '../../input_check.ts';
import type { ApiKeyRecord } from '../../storage/api_keys.ts';
import type { ApiKeyChange, NewApiKey } from '../model/input_schemas.ts';
import { displayOf } from '../model/key_format.ts';
import { expiryFor } from '../model/policy.ts';
import type { MintedKey } from './idempotent_requests.ts';
import type { KeyDifference } from './key_writer.ts';

type Lifetimes = Pick<ApiKeysDeclaration, 'default_expiry' | 'max_expiry'>;

/** The record of a new key. Throws InvalidFieldsError for an expiry that the operator does not allow. */
export function newRecord(
  input: NewApiKey,
  { id, key, at }: MintedKey,
  { createdBy, policy }: { createdBy: string; policy: Lifetimes },
): ApiKeyRecord {
  const { expires_in, expires_at } = input;
  const wanted = expires_in === undefined ? expires_at : at + expires_in * 1000;
  const field = expires_in === undefined ? 'expires_at' : 'expires_in';
  return {
    id,
    hash: sha256(key),
    display: displayOf(key),
    lineage: id,
    name: input.name,
    api: input.api,
    scopes: input.scopes,
    environment: input.environment,
    projectId: input.project_id,
    userId: input.user_id,
    tier: input.tier ?? undefined,
    limits: storedLimits(input.limits),
    allowIps: input.allow_ips,
    metadata: input.metadata,
    createdBy,
    createdAt: at,
    updatedAt: at,
    expiresAt: expiryFor(wanted, { createdAt: at, now: at, field }, policy),
    version: 1,
  };
}

/**
 * The fields of `current` that the change affects. Throws InvalidFieldsError, as above. `now`: milliseconds
 * since the epoch.
 */
export function keyDifference(
  { name, scopes, tier, limits, allow_ips, metadata, expires_at }: ApiKeyChange,
  current: ApiKeyRecord,
  { now, policy }: { now: number; policy: Lifetimes },
): KeyDifference {
  const difference = {
    ...(name !== undefined && { name }),
    ...(scopes && { scopes }),
    ...(tier !== undefined && { tier: tier ?? undefined }),
    ...(limits !== undefined && { limits: storedLimits(limits) }),
    ...(allow_ips && { allowIps: allow_ips }),
    ...(metadata && { metadata }),
  };
  if (expires_at === undefined) return difference;
  const times = { createdAt: current.createdAt, now, field: 'expires_at' } as const;
  const expiresAt = expiryFor(expires_at, times, policy);
  const isLater = (expiresAt ?? Infinity) > (current.expiresAt ?? Infinity);
  if (current.replacedBy !== undefined && isLater) {
    throw invalidField(['expires_at'], 'can only be made earlier: the key was rotated');
  }
  return { ...difference, expiresAt };
}

function storedLimits(limits: NewApiKey['limits']): ApiKeyRecord['limits'] {
  if (!limits) return undefined;
  const { requests_per_minute: requestsPerMinute, requests_per_month: requestsPerMonth } = limits;
  return { requestsPerMinute, requestsPerMonth };
}

/** What audit events say about a key. */
export function auditFieldsOf({ id, name, api, projectId }: ApiKeyRecord): Record<string, unknown> {
  return { key_id: id, name, api, ...(projectId !== undefined && { project_id: projectId }) };
}
