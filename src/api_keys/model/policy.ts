/**
 * What a key may be: the rules that its API, its owner and the operator's configuration set. They judge the
 * records they are given and read nothing themselves.
 */
import type { Api } from '../../apis/room.ts';
import type { ApiKeysDeclaration } from '../../config/schema/api_keys.ts';
import { durationText } from '../../definitions/durations.ts';
import { invalidField } from '../../input_check.ts';
import type { ApiKeyRecord } from '../../storage/api_keys.ts';
import { endOf } from '../../storage/api_keys.ts';
import type { ProjectRecord } from '../../storage/projects.ts';

/**
 * Whether the key can never be used again: it was revoked or has expired. A key has expired at the very
 * millisecond of its expiry.
 */
export function hasEnded(record: ApiKeyRecord, now: number): boolean {
  const end = endOf(record);
  return end !== undefined && end <= now;
}

/**
 * The scopes of a key that count now: those that the API still defines and that its owner may still have.
 * `project`: the key's owner; undefined for a user's key.
 */
export function scopesNow(
  scopes: readonly string[],
  api: Api,
  project: ProjectRecord | undefined,
): string[] {
  const most = project ? project.scopes : api.userKeyScopes;
  return scopes.filter((scope) => scope in api.scopes && (most?.includes(scope) ?? true));
}

/** Throws InvalidFieldsError for scopes that a key with this owner cannot have. */
export function requireScopes(
  scopes: readonly string[],
  api: Api,
  project: ProjectRecord | undefined,
): void {
  for (const [index, scope] of scopes.entries()) {
    if (scopesNow([scope], api, project).length > 0) continue;
    const detail =
      scope in api.scopes
        ? `is a scope that ${project ? 'the project' : "a user's key"} may not have`
        : 'is not a scope of the API';
    throw invalidField(['scopes', index], detail);
  }
}

/** Throws InvalidFieldsError for a tier that is not configured. */
export function requireTier(
  tier: string | null | undefined,
  { tiers }: Pick<ApiKeysDeclaration, 'tiers'>,
): void {
  if (tier == null || Object.hasOwn(tiers, tier)) return;
  throw invalidField(['tier'], 'is not a configured tier');
}

/**
 * Keys expire at whole seconds, as the tokens made from them do: otherwise a key could be valid in its last
 * milliseconds although no token could be issued for it. Takes milliseconds since the epoch and never returns a
 * later instant.
 */
export function floorToSecond(instant: number): number {
  return Math.floor(instant / 1000) * 1000;
}

/**
 * When a key created at `createdAt` (ms) expires. `wanted`: an instant, null for never, undefined for the
 * operator's default. `field`: the input field that errors name. Throws InvalidFieldsError if the expiry is in
 * the past or later than the operator allows.
 */
export function expiryFor(
  wanted: number | null | undefined,
  { createdAt, now, field }: { createdAt: number; now: number; field: 'expires_at' | 'expires_in' },
  { default_expiry, max_expiry }: Pick<ApiKeysDeclaration, 'default_expiry' | 'max_expiry'>,
): number | undefined {
  const after = (seconds: number) => floorToSecond(createdAt + seconds * 1000);
  const latest = max_expiry === null ? undefined : after(max_expiry);
  if (wanted === undefined) return default_expiry === null ? latest : after(default_expiry);
  if (wanted === null) {
    if (max_expiry === null) return undefined;
    throw invalidField(
      [field],
      `is required: keys may live for at most ${durationText(max_expiry)}`,
    );
  }
  const end = floorToSecond(wanted);
  if (end <= now) throw invalidField([field], 'is in the past');
  if (max_expiry === null || latest === undefined || end <= latest) return end;
  throw invalidField([field], `is more than ${durationText(max_expiry)} after creation`);
}
