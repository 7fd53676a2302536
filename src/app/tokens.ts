/**
 * The server's tokens: the signing keys in use, the token reader and issuer, and the status lists.
 */
import { availableParallelism } from 'node:os';
import { createClientBounds, mergeKeyrings } from '../oidc/room.ts';
import { type Sign, sign, signNow } from '../signing_keys/room.ts';
import {
  type AccessTokenReader,
  createRememberedTokens,
  createTokensRoom,
  type TokensRoom,
} from '../tokens/room.ts';
import type { KnownRecords } from './known_records.ts';
import type { Start } from './start.ts';

export type ServerTokens = Omit<TokensRoom, 'accessTokens'> & {
  keys: ReturnType<typeof mergeKeyrings>;
  sign: Sign;
  /** What each client may have at the moment. */
  bounds: ReturnType<typeof createClientBounds>;
  /** Applies those bounds, and caches what it has read. */
  accessTokens: AccessTokenReader;
};

/** Starts the rotation of signing keys and brings status lists up to date. Throws StoreUnavailableError. */
export async function startTokens(
  { config, services, clock, log, begun }: Start,
  { watch, findClient }: KnownRecords,
): Promise<ServerTokens> {
  const { issuer, declaration } = config;
  const keyrings = await services.keyrings();
  const keys = mergeKeyrings(keyrings);
  const signJws = config.workers >= availableParallelism() ? signNow : sign;

  const room = createTokensRoom({
    ...{ issuer, store: services.store, keys, sign: signJws, clock, log },
    ...(await services.switches()),
    resumeEvents: services.auditTrail.resume,
    catchUp: watch.catchUp,
    refreshSigningKeys: () => void Promise.allSettled(keyrings.map((keyring) => keyring.refresh())),
    removeSigningKey: services.removeSigningKey,
    longestTokenLifetimeMs: services.apis.longestTokenLifetimeMs,
    effectiveWithin: declaration.revocation.effective_within,
  });
  begun.defer(() => room.close());
  await Promise.all(keyrings.map((keyring) => keyring.start()));
  // Ahead of the start, which revokes: it finishes what processes that died left.
  services.onMarked(room.status.poke);
  await room.start();

  const bounds = createClientBounds({
    ...{ findClient, issuer, scopes: services.scopes },
    policies: declaration,
  });
  const reader = createRememberedTokens({ reader: room.accessTokens, watch, clock });
  return { ...room, keys, sign: signJws, bounds, accessTokens: bounds.within(reader) };
}
