import express from 'express';
import oidc from 'express-openid-connect';

const { auth, requiresAuth } = oidc;
const { ISSUER, CLIENT_ID, CLIENT_SECRET, ORIGIN, PORT, SESSION_SECRET, API } = process.env;

const app = express();
app.use(
  auth({
    issuerBaseURL: ISSUER,
    clientID: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
    baseURL: ORIGIN,
    secret: SESSION_SECRET, // encrypts the session cookie
    authRequired: false,
    idpLogout: true, // /logout signs out of Cardea, too
    authorizationParams: {
      response_type: 'code',
      scope: 'openid profile email groups orders:read',
    },
  }),
);

app.get('/', (request, response) => {
  response.send(request.oidc.isAuthenticated() ? 'Signed in' : 'Signed out');
});

app.get('/profile', requiresAuth(), (request, response) => {
  const { name, email, groups } = request.oidc.user;
  response.json({ name, email, groups });
});

app.get('/orders', requiresAuth(), async (request, response) => {
  let token = request.oidc.accessToken;
  if (token.isExpired()) token = await token.refresh();
  const headers = { authorization: `Bearer ${token.access_token}` };
  const answer = await fetch(`${API}/orders`, { headers });
  response.status(answer.status).json(await answer.json());
});

// Cancelled at Cardea, or gone back to after the sign-in: people can begin again.
app.use((error, request, response, next) => {
  if (request.path !== '/callback') return next(error);
  console.error(`No sign-in: ${error.message}`);
  response.redirect('/');
});

app.listen(Number(PORT), '127.0.0.1');
