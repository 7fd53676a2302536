import { people } from '../../../harness/sign_in.ts';

export const appOrigin = 'https://spa.example';
export const appUri = `${appOrigin}/callback`;
export const loopbackUri = 'http://127.0.0.1:8080/callback';
export const phoneUri = 'https://phone.example/callback';
export const namedOrigins = [
  'capacitor://localhost',
  'tauri://localhost',
  'http://tauri.localhost',
  'https://pages.example:8443',
];
export const secret = 'a-secret-of-at-least-32-characters';

export const declaration = {
  users: people,
  clients: [
    {
      client_id: 'spa',
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: [appUri, loopbackUri],
      scope: 'openid email',
      consent: 'skip',
    },
    {
      client_id: 'native',
      token_endpoint_auth_method: 'none',
      application_type: 'native',
      redirect_uris: ['com.example.app:/callback'],
      scope: 'openid',
    },
    {
      client_id: 'phone',
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: [phoneUri],
      scope: 'openid email',
      consent: 'skip',
      cors_origins: namedOrigins,
    },
    {
      client_id: 'with-secret',
      client_secret: secret,
      grant_types: ['client_credentials'],
      cors_origins: ['https://panel.example'],
    },
    {
      client_id: 'confidential',
      client_secret: secret,
      redirect_uris: ['https://server.example/callback'],
      grant_types: ['authorization_code', 'refresh_token'],
      scope: 'openid email',
      consent: 'skip',
    },
  ],
};
