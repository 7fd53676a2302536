/**
 * What a key may be: the rules between a key, its API, its owner and the operator's configuration. They decide
 * on records that they are given and read nothing themselves.
 */
import type { Api } from '../../apis/room.ts';
import type { ApiKeysDeclaration } from '../../config/schema/api_keys.ts';
import { durationText } from '../../definitions/durations.ts';
import { invalidField } from '../../input_check.ts';
import type { ApiKeyRecord } from '../../storage/api_keys.ts';
import { endOf } from '../../storage/api_keys.ts';
import type { ProjectRecord } from '../../storage/projects.ts';

/** Whether the key can never be used again: revoked, or expired (at that very millisecond, too). */
export function hasEnded(record: ApiKeyRecord, now: number): boolean {
  const end = endOf(record);
  return end !== undefined && end <= now;
}

/**
 * The scopes of a key that count now: those that the API still defines and that its owner may still have.
 * `project`: the owner of a project's key; undefined for a user's.
 */
export function scopesNow(
  scopes: readonly string[],
  api: Api,
  project: ProjectRecord | undefined,
): string[] {
  const most = project ? project.scopes : api.userKeyScopes;
  return scopes.filter((scope) => scope in api.scopes && (most?.includes(scope) ?? true));
}

/** Throws InvalidFieldsError for scopes that a key of this owner cannot have. */
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

/** Throws InvalidFieldsError for a tier that the operator has not declared. */
export function requireTier(
  tier: string | null | undefined,
  { tiers }: Pick<ApiKeysDeclaration, 'tiers'>,
): void {
  if (tier == null || Object.hasOwn(tiers, tier)) return;
  throw invalidField(['tier'], 'is not a tier of the configuration');
}

/**
 * Keys end at whole seconds, as the tokens do that are made from them: else a key in its last moments would be
 * good, and no token for it could be. Milliseconds since the epoch; never later than `instant`.
 */
export function floorToSecond(instant: number): number {
  return Math.floor(instant / 1000) * 1000;
}

/**
 * When a key ends that was made at `createdAt` (ms). `wanted`: an instant, null for never, undefined for what
 * the operator has as the default; `field` is where it was said. Throws InvalidFieldsError when it is past, or
 * later than the operator allows.
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
    throw invalidField([field], `is needed: keys live for ${durationText(max_expiry)} at most`);
  }
  const end = floorToSecond(wanted);
  if (end <= now) throw invalidField([field], 'lies in the past');
  if (max_expiry === null || latest === undefined || end <= latest) return end;
  throw invalidField([field], `is later than ${durationText(max_expiry)} after the creation`);
}
