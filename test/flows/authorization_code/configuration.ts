import { people } from '../../../harness/sign_in.ts';
import { callbackUri } from '../../support/relying_party.ts';

export const secret = 'a-secret-of-at-least-32-characters';

export const declaration = {
  users: people,
  clients: [
    {
      client_id: 'app',
      client_name: 'The App',
      token_endpoint_auth_method: 'none',
      redirect_uris: [callbackUri, 'https://app.example/other?fixed=1'],
      grant_types: ['authorization_code', 'refresh_token'],
      scope: 'openid profile email offline_access',
    },
    {
      client_id: 'old-app',
      client_secret: secret,
      redirect_uris: [callbackUri],
      require_pkce: false,
      scope: 'openid',
    },
    {
      client_id: 'native-app',
      token_endpoint_auth_method: 'none',
      application_type: 'native',
      redirect_uris: [
        'http://127.0.0.1/callback',
        'http://[::1]/callback',
        'com.example.app:/callback',
      ],
      scope: 'openid',
    },
    {
      client_id: 'web-app-on-loopback',
      token_endpoint_auth_method: 'none',
      redirect_uris: ['http://127.0.0.1:8080/callback'],
      scope: 'openid',
    },
  ],
};
