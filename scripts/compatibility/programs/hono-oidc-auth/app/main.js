import { serve } from '@hono/node-server';
import {
  getAuth,
  initOidcAuthMiddleware,
  oidcAuthMiddleware,
  processOAuthCallback,
  revokeSession,
} from '@hono/oidc-auth';
import { Hono } from 'hono';

const { ISSUER, CLIENT_ID, CLIENT_SECRET, ORIGIN, PORT, SESSION_SECRET } = process.env;

const app = new Hono();
app.use(
  initOidcAuthMiddleware({
    OIDC_ISSUER: ISSUER,
    OIDC_CLIENT_ID: CLIENT_ID,
    OIDC_CLIENT_SECRET: CLIENT_SECRET,
    OIDC_REDIRECT_URI: `${ORIGIN}/callback`,
    OIDC_SCOPES: 'openid profile email offline_access',
    OIDC_AUTH_SECRET: SESSION_SECRET,
  }),
);
app.get('/health', (c) => c.text('ok'));
app.get('/logout', async (c) => {
  await revokeSession(c);
  return c.text('Signed out');
});
app.get('/callback', (c) => processOAuthCallback(c));
app.use('*', oidcAuthMiddleware());
app.get('/', async (c) => c.json(await getAuth(c)));

serve({ fetch: app.fetch, hostname: '127.0.0.1', port: Number(PORT) });
