import { people } from '../../../harness/sign_in.ts';
import { callbackUri } from '../../support/relying_party.ts';

export const secret = 'a-secret-of-at-least-32-characters';
export const otherUri = 'https://other.example/callback';

const app = { scope: 'openid email', consent: 'skip' };

export const declaration = {
  users: people,
  clients: [
    { ...app, client_id: 'app', client_secret: secret, redirect_uris: [callbackUri] },
    {
      ...app,
      client_id: 'par-app',
      client_secret: secret,
      redirect_uris: [callbackUri],
      require_pushed_authorization_requests: true,
    },
    {
      ...app,
      client_id: 'public-app',
      token_endpoint_auth_method: 'none',
      redirect_uris: [otherUri],
    },
  ],
};
