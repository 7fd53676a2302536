import express from 'express';
import oidc from 'express-openid-connect';

const { auth, requiresAuth } = oidc;
const { ISSUER, CLIENT_ID, CLIENT_SECRET, ORIGIN, PORT, SESSION_SECRET } = process.env;

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
    authorizationParams: { response_type: 'code', scope: 'openid profile email groups' },
  }),
);

app.get('/', (request, response) => {
  response.send(request.oidc.isAuthenticated() ? 'Signed in' : 'Signed out');
});
app.get('/profile', requiresAuth(), (request, response) => {
  const { name, email, groups } = request.oidc.user;
  response.json({ name, email, groups });
});

app.listen(Number(PORT), '127.0.0.1');
