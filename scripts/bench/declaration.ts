/** What both servers are configured with. */
export const api = {
  identifier: 'https://orders.example',
  name: 'Orders',
  scopes: { 'orders:read': 'See your orders' },
};

export const secret = 'bench-secret-bench-secret-bench-secret';
export const redirectUri = 'https://shop.example/callback';

export const clients = [
  {
    client_id: 'job',
    client_secret: secret,
    grant_types: ['client_credentials'],
    redirect_uris: [],
    response_types: [],
    scope: 'orders:read',
    apis: [api.identifier],
  },
  {
    client_id: 'shop',
    client_secret: secret,
    grant_types: ['authorization_code', 'refresh_token'],
    redirect_uris: [redirectUri],
    scope: 'openid offline_access orders:read',
    apis: [api.identifier],
    consent: 'skip',
  },
] as const satisfies readonly object[] as unknown as BenchClient[];

type BenchClient = {
  client_id: string;
  client_secret: string;
  grant_types: string[];
  redirect_uris: string[];
  scope: string;
  apis: string[];
  consent?: string;
};

export const user = { username: 'alice', password: 'benchmark-password' };
