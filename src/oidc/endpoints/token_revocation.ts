/**
 * The revocation endpoint's work (RFC 7009): the library has found the token and that it is the caller's; what
 * ends is decided here, and one kill switch ends it.
 */
import { fingerprint } from '../../digests.ts';
import { requestState } from '../../http/request_state.ts';
import type { Artifact } from '../../storage/artifacts.ts';
import type { KillSwitches, RevocationTarget } from '../../tokens/room.ts';
import type { RequestLinks } from '../engine/request_links.ts';

/** The stored token, where it has a record; a JWT is in the request's links. */
export type TokenRevocation = (kind: string, artifact: Artifact | undefined) => Promise<void>;

export function createTokenRevocation({
  killSwitches,
  links,
}: {
  killSwitches: Pick<KillSwitches, 'throwSwitch'>;
  links: RequestLinks;
}): TokenRevocation {
  const targetOf = (artifact: Artifact | undefined): RevocationTarget | undefined => {
    const { jwt, familyId } = links.get();
    if (jwt) return { token: jwt.jti, expiresAt: jwt.expiresAt, status: jwt.status };
    if (!artifact) return undefined;
    // RFC 7009 section 2.1: with a refresh token goes all that came of it.
    if (artifact.kind === 'RefreshToken' && familyId) return { familyId };
    const { kind, id, expiresAt } = artifact;
    return { record: { kind, id }, expiresAt };
  };

  return async function revokeToken(kind, artifact) {
    const target = targetOf(artifact);
    const ctx = links.context();
    if (!target || !ctx) return;
    const state = requestState(ctx);
    const { AccessToken, RefreshToken } = ctx.oidc.entities;
    const { effectiveWithin } = await killSwitches.throwSwitch(target, {
      type: 'token.revoked',
      clientId: ctx.oidc.client?.clientId,
      userId: (AccessToken ?? RefreshToken)?.accountId,
      requestId: state.requestId,
      ip: state.address.ip,
      details: { kind, token: fingerprint(links.get().jwt?.jti ?? artifact?.id ?? '') },
    });
    links.set({ revoked: { kind, effectiveWithin } });
  };
}
