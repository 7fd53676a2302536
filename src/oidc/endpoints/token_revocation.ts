/**
 * The revocation endpoint's work (RFC 7009): the library has found the token and that it is the caller's; what
 * ends is decided here, and one kill switch ends it.
 */
import { fingerprint } from '../../digests.ts';
import { requestState } from '../../http/request_state.ts';
import type { Artifact } from '../../storage/artifacts.ts';
import type { KillSwitches, RevocationTarget } from '../../tokens/room.ts';
import { createRequestSlot, currentContext } from '../engine/request_slots.ts';
import { rowOf } from '../records/kinds.ts';
import { presentedJwt } from '../records/presented_jwt.ts';
import { currentFamily } from '../records/token_family.ts';

/** The seconds in which all verifiers have heard of what the request revoked. Set here; read by responses.ts. */
const effective = createRequestSlot<number>();

export const revokedWithin = effective.get;

/** The stored token, where it has a record; a JWT has none, and is what the request presented. */
export type TokenRevocation = (kind: string, artifact: Artifact | undefined) => Promise<void>;

export function createTokenRevocation({
  killSwitches,
}: {
  killSwitches: Pick<KillSwitches, 'throwSwitch'>;
}): TokenRevocation {
  const targetOf = (artifact: Artifact | undefined): RevocationTarget | undefined => {
    const jwt = presentedJwt();
    const familyId = currentFamily();
    if (jwt) return { token: jwt.jti, expiresAt: jwt.expiresAt, status: jwt.status };
    if (!artifact) return undefined;
    // RFC 7009 section 2.1: with a refresh token goes all that came of it.
    if (rowOf(artifact.kind).ends.family === 'continues' && familyId) return { familyId };
    const { kind, id, expiresAt } = artifact;
    return { record: { kind, id }, expiresAt };
  };

  return async function revokeToken(kind, artifact) {
    const target = targetOf(artifact);
    const ctx = currentContext();
    if (!target || !ctx) return;
    const state = requestState(ctx);
    const { AccessToken, RefreshToken } = ctx.oidc.entities;
    const { effectiveWithin } = await killSwitches.throwSwitch(target, {
      type: 'token.revoked',
      clientId: ctx.oidc.client?.clientId,
      userId: (AccessToken ?? RefreshToken)?.accountId,
      requestId: state.requestId,
      ip: state.address.ip,
      details: { kind, token: fingerprint(presentedJwt()?.jti ?? artifact?.id ?? '') },
    });
    effective.set(effectiveWithin);
  };
}
