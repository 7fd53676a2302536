/**
 * Reads Cardea's JWT access tokens outside the server: the same reader, with the signing keys now in the store.
 */
import { CardeaError } from '../../errors.ts';
import { mergeKeyrings } from '../../oidc/room.ts';
import { type AccessTokenReader, createAccessTokenReader } from '../../tokens/room.ts';
import type { OperatorContext } from '../context.ts';

export type JwtTools = {
  reader: AccessTokenReader;
  /** Public signing keys by kid; empty in a store without any. */
  published: ReturnType<ReturnType<typeof mergeKeyrings>['snapshot']>['published'];
};

export async function openJwtTools(context: OperatorContext): Promise<JwtTools> {
  const keyrings = await context.keyrings();
  const keyring = mergeKeyrings(keyrings);
  await Promise.all(keyrings.map((each) => each.freshSnapshot().catch(withoutKeys)));
  const { revocations } = await context.switches();
  const { records } = await context.statusLists();
  const reader = createAccessTokenReader({
    issuer: context.config.issuer,
    keyring,
    // The keys were just read.
    followSigningKeys: () => context.store.revocations.sequence(),
    revocations,
    artifacts: context.store.artifacts,
    status: records,
    clock: context.clock,
  });
  try {
    return { reader, published: keyring.snapshot().published };
  } catch (error) {
    withoutKeys(error);
    return { reader, published: [] };
  }
}

function withoutKeys(error: unknown): void {
  if (!(error instanceof CardeaError) || error.code !== 'no_signing_key') throw error;
}
