import cookie from '@fastify/cookie';
import oauth2 from '@fastify/oauth2';
import Fastify from 'fastify';

const { ISSUER, CLIENT_ID, CLIENT_SECRET, ORIGIN, PORT } = process.env;

const app = Fastify();
app.register(cookie);
app.register(oauth2, {
  name: 'cardea',
  credentials: { client: { id: CLIENT_ID, secret: CLIENT_SECRET } },
  discovery: { issuer: ISSUER },
  scope: ['openid', 'profile', 'email', 'groups'],
  startRedirectPath: '/login',
  callbackUri: `${ORIGIN}/callback`,
});

app.get('/callback', async (request, reply) => {
  const { token } = await app.cardea.getAccessTokenFromAuthorizationCodeFlow(request, reply);
  const { token: refreshed } = await app.cardea.getNewAccessTokenUsingRefreshToken(token);
  return app.cardea.userinfo(refreshed.access_token);
});

await app.listen({ host: '127.0.0.1', port: Number(PORT) });
