import { exportJWK, generateKeyPair } from 'jose';
import { people } from '../../../harness/sign_in.ts';
import { callbackUri } from '../../support/relying_party.ts';

const orders = 'https://orders.example';

export const signing = await generateKeyPair('PS256', { extractable: true });
const jwk = { ...(await exportJWK(signing.publicKey)), kid: 'bank-1' };
/** The same key under the algorithm that FAPI forbids. */
export const rsaSigning = await generateKeyPair('RS256', { extractable: true });
const rsaJwk = { ...(await exportJWK(rsaSigning.publicKey)), kid: 'bank-2' };

export const declaration = {
  users: people,
  apis: [{ identifier: orders, name: 'Orders', scopes: { 'orders:read': 'See your orders' } }],
  clients: [
    {
      client_id: 'bank',
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [jwk, rsaJwk] },
      redirect_uris: [callbackUri],
      grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
      scope: 'openid email orders:read',
      apis: [orders],
      consent: 'skip',
      profile: 'fapi2',
      // None of this lets the client off.
      require_pkce: false,
      require_pushed_authorization_requests: false,
      dpop_bound_access_tokens: false,
      id_token_signed_response_alg: 'RS256',
    },
  ],
};
