/**
 * DPoP proofs from the future. The library takes an `iat` that is five minutes off either way, and remembers a
 * proof's jti for no longer than that, from now: one made for later could be used twice. Such a proof is asked
 * to carry a nonce, which says when it was made, whatever the client's clock (RFC 9449 sections 8 and 11.1).
 */
import { decodeJwt } from 'jose';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { type Clock, epochSeconds } from '../../clock.ts';

/** Seconds; FAPI 2.0 Security Profile 5.3.2.1 wants 10 accepted and more than 60 refused. */
const tolerance = 60;

/** Whether a request's proof is to carry a nonce. The proof is not verified yet. */
export function createNonceRequirement({ clock }: { clock: Clock }) {
  return (ctx: KoaContextWithOIDC): boolean => {
    try {
      const { iat } = decodeJwt(ctx.get('DPoP'));
      return iat !== undefined && iat > epochSeconds(clock) + tolerance;
    } catch {
      // No JWT at all: the library refuses it.
      return false;
    }
  };
}
