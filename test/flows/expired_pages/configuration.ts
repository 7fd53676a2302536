import { people } from '../../../harness/sign_in.ts';
import { callbackUri } from '../../support/relying_party.ts';

export const secret = 'a-secret-of-an-app-that-pushes-its-requests';
export const startUri = 'https://app.example/sign-in?from=id';
export const websiteUri = 'https://app.example/about';

export const app = {
  token_endpoint_auth_method: 'none',
  redirect_uris: [callbackUri],
  post_logout_redirect_uris: ['https://app.example/bye'],
  grant_types: ['authorization_code'],
  scope: 'openid email',
  consent: 'skip',
  apis: [],
};

export const declaration = {
  users: people,
  clients: [
    { ...app, client_id: 'app', client_name: 'The App' },
    { ...app, client_id: 'starting', client_name: 'Starting', initiate_login_uri: startUri },
    { ...app, client_id: 'website', client_name: 'Website', client_uri: websiteUri },
    {
      ...app,
      client_id: 'pushing',
      client_name: 'Pushing',
      token_endpoint_auth_method: 'client_secret_basic',
      client_secret: secret,
    },
  ],
};
