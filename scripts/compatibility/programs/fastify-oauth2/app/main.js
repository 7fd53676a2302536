import cookie from '@fastify/cookie';
import oauth2 from '@fastify/oauth2';
import session from '@fastify/session';
import Fastify from 'fastify';

const { ISSUER, CLIENT_ID, CLIENT_SECRET, ORIGIN, PORT, SESSION_SECRET, API } = process.env;
const isHttps = ORIGIN.startsWith('https:');

const app = Fastify({ trustProxy: isHttps });
app.register(cookie);
app.register(session, { secret: SESSION_SECRET, cookie: { secure: isHttps } });
app.register(oauth2, {
  name: 'cardea',
  credentials: { client: { id: CLIENT_ID, secret: CLIENT_SECRET } },
  discovery: { issuer: ISSUER }, // and, with it, PKCE
  scope: ['openid', 'profile', 'email', 'groups', 'orders:read'],
  startRedirectPath: '/login',
  callbackUri: `${ORIGIN}/callback`,
});

app.get('/callback', async (request, reply) => {
  let token;
  try {
    ({ token } = await app.cardea.getAccessTokenFromAuthorizationCodeFlow(request, reply));
  } catch (error) {
    // Cancelled at Cardea, or gone back to after the sign-in: people can begin again.
    console.error(`No sign-in: ${error.message}`);
    return reply.redirect('/');
  }
  const { sub, name, email, groups } = await app.cardea.userinfo(token.access_token);
  await request.session.regenerate();
  request.session.person = { sub, name, email, groups };
  request.session.token = token;
  return reply.redirect('/');
});

app.get('/', async (request) => {
  const { person } = request.session;
  return person ?? 'Signed out';
});

app.get('/orders', async (request, reply) => {
  let { token } = request.session;
  if (!token) return reply.redirect('/login');
  if (new Date(token.expires_at) <= new Date()) {
    ({ token } = await app.cardea.getNewAccessTokenUsingRefreshToken(token));
    request.session.token = token;
  }
  const headers = { authorization: `Bearer ${token.access_token}` };
  const answer = await fetch(`${API}/orders`, { headers });
  return reply.code(answer.status).send(await answer.json());
});

app.get('/logout', async (request, reply) => {
  await request.session.destroy();
  const query = new URLSearchParams({
    client_id: CLIENT_ID,
    post_logout_redirect_uri: `${ORIGIN}/`,
  });
  return reply.redirect(`${ISSUER}/logout?${query}`);
});

await app.listen({ host: '127.0.0.1', port: Number(PORT) });
