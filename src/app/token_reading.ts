/**
 * Reads Cardea's JWT access tokens past what a server remembers: the same reader, with the signing keys now in the
 * store.
 */
import type { Config } from '../config/config.ts';
import { CardeaError } from '../errors.ts';
import { mergeKeyrings } from '../oidc/room.ts';
import type { KeyringSnapshot } from '../signing_keys/room.ts';
import { type AccessTokenReader, createAccessTokenReader } from '../tokens/room.ts';
import type { Services } from './services.ts';

export type TokenReading = {
  reader: AccessTokenReader;
  /** The signing keys as of the last refresh; undefined in a store without any. */
  snapshot(): KeyringSnapshot | undefined;
  /** Reads the signing keys, where that was not just done. */
  refresh(): Promise<void>;
};

/** The signing keys have been read. */
export async function openTokenReading(
  { issuer }: Pick<Config, 'issuer'>,
  services: Pick<Services, 'store' | 'keyrings' | 'switches' | 'statusLists' | 'clock'>,
): Promise<TokenReading> {
  const { store, clock } = services;
  const keyrings = await services.keyrings();
  const keyring = mergeKeyrings(keyrings);
  const { revocations } = await services.switches();
  const { records: status } = await services.statusLists();
  const reader = createAccessTokenReader({
    ...{ issuer, keyring, revocations, artifacts: store.artifacts, status, clock },
    // The keys were just read.
    followSigningKeys: () => store.revocations.sequence(),
  });
  const refresh = async () => {
    await Promise.all(keyrings.map((each) => each.freshSnapshot().catch(withoutKeys)));
  };
  await refresh();
  return {
    ...{ reader, refresh },
    snapshot() {
      try {
        return keyring.snapshot();
      } catch (error) {
        return withoutKeys(error);
      }
    },
  };
}

function withoutKeys(error: unknown): undefined {
  if (!(error instanceof CardeaError) || error.code !== 'no_signing_key') throw error;
}
