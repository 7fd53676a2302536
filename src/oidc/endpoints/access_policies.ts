/**
 * Who may see or revoke whose token (RFC 7662 section 4, RFC 7009 section 2.1). A refusal looks to the
 * caller like a token that does not exist.
 */
import type { AccessToken, Client, ClientCredentials, RefreshToken } from 'oidc-provider';
import type { ApiRegistry } from '../../apis/room.ts';
import type { ArePrincipalsActive } from '../../tokens/room.ts';
import { clientAsOf } from '../clients/client_as_of.ts';
import { kinds } from '../records/kinds.ts';
import { presentedJwt } from '../records/presented_jwt.ts';

type AnyToken = AccessToken | ClientCredentials | RefreshToken;
export type AccessPolicy = (ctx: unknown, client: Client, token: AnyToken) => Promise<boolean>;

/**
 * The client a token belongs to, and the client that is an API it was issued for; never one that cannot
 * prove who it is. Nobody sees a token of a client or a user that was disabled or deleted: a request that was
 * under way may have got it after the client's or the user's tokens were revoked.
 */
export function createIntrospectionPolicy({
  apis,
  arePrincipalsActive,
}: {
  apis: ApiRegistry;
  arePrincipalsActive: ArePrincipalsActive;
}): AccessPolicy {
  const isForApi = (client: Client, token: AnyToken) => {
    if (kinds[token.kind].presented.token !== 'access') return false;
    const audiences = [(token as AccessToken).aud].flat();
    const own = apis.byClientId(client.clientId);
    return own.some((api) => audiences.includes(api.identifier));
  };

  return async (_ctx, client, token) => {
    if (client.clientAuthMethod === 'none') return false;
    if (token.clientId !== client.clientId && !isForApi(client, token)) return false;
    const { accountId } = token as Partial<AccessToken>;
    // A JWT that was exchanged for something has more principals than the library knows of.
    return arePrincipalsActive(
      { clientId: token.clientId, accountId, ...presentedJwt()?.principals },
      clientAsOf(),
    );
  };
}

/** The client a token belongs to, public clients included (RFC 7009 section 2.1). */
export const revocationPolicy: AccessPolicy = async (_ctx, client, token) =>
  token.clientId === client.clientId;
