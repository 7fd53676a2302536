import express from 'express';
import session from 'express-session';
import grant from 'grant';

const { ISSUER, CLIENT_ID, CLIENT_SECRET, ORIGIN, PORT, SESSION_SECRET } = process.env;

const app = express();
app.use(session({ secret: SESSION_SECRET, resave: false, saveUninitialized: true }));
app.use(
  grant.express({
    defaults: { origin: ORIGIN, transport: 'session', state: true },
    cardea: {
      oauth: 2,
      authorize_url: `${ISSUER}/authorize`,
      access_url: `${ISSUER}/token`,
      profile_url: `${ISSUER}/userinfo`,
      key: CLIENT_ID,
      secret: CLIENT_SECRET,
      scope_delimiter: ' ',
      scope: ['openid', 'profile', 'email'],
      nonce: true,
      pkce: true,
      token_endpoint_auth_method: 'client_secret_basic',
      response: ['tokens', 'jwt', 'profile'],
      callback: '/',
    },
  }),
);
app.get('/', (request, response) => response.json(request.session.grant?.response ?? null));
app.listen(Number(PORT), '127.0.0.1');
