import { exportJWK, generateKeyPair } from 'jose';

export const secret = 'a-secret-of-at-least-32-characters';
export const oddSecret = 'a secret: with + and % and ~ and "quotes" to be encoded';
export const orders = 'https://orders.example';
export const stock = 'https://stock.example/v1';

export const signing = await generateKeyPair('ES256', { extractable: true });
export const publicJwk = { ...(await exportJWK(signing.publicKey)), kid: 'job-1', alg: 'ES256' };

const job = { grant_types: ['client_credentials'], scope: 'orders:read', apis: [orders] };

export const declaration = (siteUrl: string) => ({
  apis: [
    {
      identifier: orders,
      name: 'Orders',
      scopes: { 'orders:read': 'See orders', 'orders:write': 'Change orders' },
      access_token_lifetime: '5m',
      client_id: 'orders-api',
    },
    {
      identifier: stock,
      name: 'Stock',
      scopes: { 'stock:read': 'See the stock', shared: 'Known to both' },
      access_token_format: 'opaque',
    },
  ],
  clients: [
    { ...job, client_id: 'basic-job', client_secret: secret },
    { ...job, client_id: 'odd:job/~', client_secret: oddSecret },
    {
      ...job,
      client_id: 'post-job',
      client_secret: secret,
      token_endpoint_auth_method: 'client_secret_post',
    },
    {
      ...job,
      client_id: 'key-job',
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [publicJwk] },
    },
    {
      ...job,
      client_id: 'key-uri-job',
      token_endpoint_auth_method: 'private_key_jwt',
      jwks_uri: `${siteUrl}/jwks.json`,
    },
    {
      ...job,
      client_id: 'two-apis-job',
      client_secret: secret,
      scope: 'orders:read orders:write stock:read',
      apis: [orders, stock],
    },
    { ...job, client_id: 'no-api-job', client_secret: secret, scope: '', apis: [] },
    { client_id: 'orders-api', client_secret: secret, grant_types: [] },
    {
      client_id: 'app',
      token_endpoint_auth_method: 'none',
      redirect_uris: ['https://app.example/callback'],
      scope: 'openid',
    },
  ],
  outbound: { allow: ['127.0.0.1/32'] },
});
