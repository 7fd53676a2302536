/**
 * What is looked at before a code or a refresh token is spent. The library finds some of it out as well, but
 * afterwards: a client's mistake must not cost a person's sign-in.
 */
import type { KoaContextWithOIDC } from 'oidc-provider';
import { errors } from '../engine/library.ts';
import { currentContext } from '../engine/request_slots.ts';
import type { Redeemed } from '../records/consumption.ts';
import type { Resources } from './resources.ts';

/** Throws the library's InvalidTarget or InvalidGrant. */
export type RedemptionCheck = (redeemed: Redeemed) => void;

export function createRedemptionCheck(
  resources: Pick<Resources, 'checkRedemption'>,
): RedemptionCheck {
  return ({ resource, redirectUri }) => {
    const ctx = currentContext();
    if (!ctx) return;
    resources.checkRedemption(ctx, resource);
    checkRedirectUri(ctx, redirectUri);
  };
}

/** A code that went to an address which the client has lost since is worth nothing. */
function checkRedirectUri({ oidc }: KoaContextWithOIDC, redirectUri: string | undefined): void {
  if (redirectUri === undefined || oidc.client?.redirectUriAllowed(redirectUri)) return;
  throw new errors.InvalidGrant('redirect_uri is not registered any more');
}
