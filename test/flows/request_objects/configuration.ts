import { exportJWK, generateKeyPair } from 'jose';
import { people } from '../../../harness/sign_in.ts';
import { callbackUri } from '../../support/relying_party.ts';

export const secret = 'a-secret-of-at-least-32-characters';
export const otherUri = 'https://app.example/other';

export const signing = await generateKeyPair('PS256', { extractable: true });
export const foreign = await generateKeyPair('PS256', { extractable: true });
/** The same key under the algorithm that FAPI forbids. */
export const rsaSigning = await generateKeyPair('RS256', { extractable: true });
const keys = [
  { ...(await exportJWK(signing.publicKey)), kid: 'one' },
  { ...(await exportJWK(rsaSigning.publicKey)), kid: 'two' },
];

const app = {
  token_endpoint_auth_method: 'none',
  redirect_uris: [callbackUri, otherUri],
  scope: 'openid email',
  consent: 'skip',
  jwks: { keys },
};

export const declaration = {
  users: people,
  clients: [
    { ...app, client_id: 'app' },
    { ...app, client_id: 'other-app' },
    { ...app, client_id: 'strict', require_signed_request_object: true },
    { ...app, client_id: 'one-algorithm', request_object_signing_alg: 'RS256' },
    {
      ...app,
      client_id: 'keyless',
      jwks: undefined,
      token_endpoint_auth_method: 'client_secret_basic',
      client_secret: secret,
    },
    {
      ...app,
      client_id: 'bank',
      token_endpoint_auth_method: 'private_key_jwt',
      profile: 'fapi2',
    },
  ],
};
