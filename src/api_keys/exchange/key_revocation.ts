/**
 * API keys at the revocation endpoint (RFC 7009), for the client that is the key's API; and whether tokens
 * exchanged for a key are still usable.
 */
import type { ApiRegistry } from '../../apis/room.ts';
import type { AuditContext } from '../../audit/room.ts';
import type { Clock } from '../../clock.ts';
import { sha256 } from '../../digests.ts';
import type { ApiKeyStore } from '../../storage/api_keys.ts';
import { type IsApiKeyUsable, type KillSwitches, revocationOf } from '../../tokens/room.ts';
import { isOwnerActive } from '../lifecycle/owners.ts';
import { parseKey } from '../model/key_format.ts';
import { hasEnded } from '../model/policy.ts';
import type { KeyCache } from '../verification/key_cache.ts';

/**
 * Resolves to the seconds until every verifier refuses the key; undefined if this client may not know the key.
 */
export type RevokeKey = (
  clientId: string,
  token: string,
  by: AuditContext,
) => Promise<number | undefined>;

export function createKeyRevocation({
  keys,
  apis,
  killSwitches,
  clock,
}: {
  keys: Pick<ApiKeyStore, 'findByHash'>;
  apis: Pick<ApiRegistry, 'byClientId'>;
  killSwitches: Pick<KillSwitches, 'throwSwitch'>;
  clock: Clock;
}): RevokeKey {
  return async (clientId, token, by) => {
    const own = apis.byClientId(clientId).map(({ identifier }) => identifier);
    if (own.length === 0 || !parseKey(token)?.isChecksumRight) return undefined;
    const record = await keys.findByHash(sha256(token));
    if (!record || !own.includes(record.api) || hasEnded(record, clock.now())) return undefined;
    const { target, order } = revocationOf.apiKey(record, { api_key: record.id });
    const { effectiveWithin } = await killSwitches.throwSwitch(target, {
      ...{ ...order, clientId, ...by },
    });
    return effectiveWithin;
  };
}

/** Whether tokens exchanged for a key may still be used: the key or its owner may be disabled for a while. */
export function createKeyLiveness({
  cache,
  clock,
}: {
  cache: Pick<KeyCache, 'findById'>;
  clock: Clock;
}): IsApiKeyUsable {
  return async (keyId, asOf) => {
    const known = await cache.findById(keyId, asOf);
    if (!known || known.isRevoked) return false;
    const { record } = known;
    if (record.disabledAt !== undefined || hasEnded(record, clock.now())) return false;
    return isOwnerActive(record, known);
  };
}
