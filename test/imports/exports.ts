/**
 * Exports of other servers, as these write them, with people of which each has a password of another kind.
 */
import { knownHashes } from '../users/known_hashes.ts';

export const realmSecret = 'Xk29sLq0PvTz4mWn';

/** The password behind hashes that passlib and argon2-cffi made, in the encoding of Keycloak. */
export const keycloakPassword = 'correct horse battery staple';
const pbkdf2 = (algorithm: string, salt: string, value: string) => ({
  type: 'password',
  secretData: JSON.stringify({ value, salt, additionalParameters: {} }),
  credentialData: JSON.stringify({ hashIterations: 1000, algorithm, additionalParameters: {} }),
});
const argon2 = {
  type: 'password',
  secretData: JSON.stringify({
    value: 'xwP/sUpncRUpT63+0aadhrYrW8PTzYL8TrQp/6Tj9lA=',
    salt: 'c2FsdHNhbHRzYWx0c2FsdA==',
  }),
  credentialData: JSON.stringify({
    hashIterations: 1,
    algorithm: 'argon2',
    additionalParameters: {
      ...{ hashLength: ['32'], memory: ['8192'], type: ['id'], version: ['1.3'] },
      parallelism: ['1'],
    },
  }),
};

export const realm = {
  realm: 'shop',
  users: [
    {
      ...{ id: '5d7f0a3e-6d3c-4e0f-9b1a-0c5f7d1c2b3a', username: 'anna', enabled: true },
      ...{ email: 'anna@shop.example', emailVerified: true, firstName: 'Anna', lastName: 'Ahn' },
      attributes: { phoneNumber: ['+49 30 1234'], department: ['Sales'] },
      credentials: [argon2, { type: 'otp', secretData: '{}', credentialData: '{}' }],
      realmRoles: ['default-roles-shop', 'offline_access', 'seller'],
      clientRoles: { account: ['manage-account'], shop: ['refund'] },
      groups: ['/staff/berlin'],
    },
    {
      ...{ id: 'b2', username: 'bert', email: 'bert@shop.example', enabled: true },
      credentials: [
        pbkdf2(
          'pbkdf2-sha256',
          'xhgjxBiDECJESKl1LoXwng==',
          'RYvnphjHsvmGSWwUVDarSKefhRsXoxiEcIlg/Iaps/A=',
        ),
      ],
    },
    {
      ...{ id: 'c3', username: 'carl', enabled: false },
      credentials: [pbkdf2('pbkdf2', 'cs5ZC0Ho/d/bm7O2ttbaWw==', '0/djzWMQkTva2SZKWtKmK5e870E=')],
    },
    { id: 'd4', username: 'service-account-job', serviceAccountClientId: 'old-job', enabled: true },
  ],
  clients: [
    { clientId: 'account-console', publicClient: true, redirectUris: ['/realms/shop/account/*'] },
    {
      ...{ clientId: 'shop', name: 'The shop', publicClient: true, standardFlowEnabled: true },
      ...{ rootUrl: 'https://shop.example/', redirectUris: ['/callback'] },
      attributes: { 'post.logout.redirect.uris': 'https://shop.example/##+' },
      defaultClientScopes: ['web-origins', 'profile', 'email', 'roles', 'stock:read'],
      optionalClientScopes: ['offline_access'],
    },
    {
      clientId: 'television',
      publicClient: true,
      attributes: { 'oauth2.device.authorization.grant.enabled': 'true' },
      defaultClientScopes: ['profile'],
    },
    {
      ...{ clientId: 'old-job', secret: realmSecret, serviceAccountsEnabled: true },
      ...{ clientAuthenticatorType: 'client-secret', defaultClientScopes: ['orders:read'] },
    },
  ],
};

export const auth0Users = [
  {
    ...{ _id: { $oid: '60425dc43519d90068f82973' }, email: 'dora@shop.example' },
    ...{ email_verified: true, passwordHash: knownHashes[5]?.encoded, tenant: 'shop' },
  },
  {
    ...{ user_id: 'google-oauth2|1234', email: 'emil@shop.example', email_verified: true },
    ...{ name: 'Emil', nickname: 'emil', picture: 'https://shop.example/emil.png' },
    app_metadata: { authorization: { roles: ['seller'], groups: ['staff'] } },
  },
  {
    ...{ user_id: 'auth0|77', username: 'fritz', email: 'fritz@shop.example', blocked: true },
    custom_password_hash: { algorithm: 'pbkdf2', hash: { value: knownHashes[16]?.encoded } },
  },
];

export const auth0Clients = [
  {
    ...{ client_id: 'M2M1', client_secret: realmSecret, grant_types: ['client_credentials'] },
    ...{ token_endpoint_auth_method: 'client_secret_post', scope: 'orders:read', name: 'Job' },
  },
  {
    ...{ client_id: 'SPA1', app_type: 'spa', token_endpoint_auth_method: 'none' },
    ...{ callbacks: ['https://spa.example/cb'], grant_types: ['authorization_code', 'implicit'] },
  },
];

/** The fields of a row, quoted where they must be. */
export function csvOf(rows: readonly (readonly string[])[]): string {
  const field = (text: string) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return rows.map((row) => `${row.map(field).join(',')}\n`).join('');
}

/** One user for each known hash: `user-0`, `user-1`, …, in this order. */
export const csvOfKnownHashes = csvOf([
  ['subject', 'username', 'email', 'email_verified', 'password_hash', 'name', 'roles'],
  ...knownHashes.map(({ encoded, from }, index) => [
    ...[`old-${index}`, `user-${index}`, `user-${index}@shop.example`, 'true', encoded],
    ...[`User, with a hash of ${from}`, 'seller buyer'],
  ]),
]);
