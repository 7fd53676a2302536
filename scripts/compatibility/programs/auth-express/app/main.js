import { ExpressAuth, getSession } from '@auth/express';
import express from 'express';

const { ISSUER, CLIENT_ID, CLIENT_SECRET, PORT, SESSION_SECRET } = process.env;

const config = {
  providers: [
    {
      id: 'cardea',
      name: 'Cardea',
      type: 'oidc',
      issuer: ISSUER,
      clientId: CLIENT_ID,
      clientSecret: CLIENT_SECRET,
    },
  ],
  secret: SESSION_SECRET,
  trustHost: true,
};

const app = express();
app.use('/auth/*', ExpressAuth(config));
app.get('/', async (request, response) => {
  const session = await getSession(request, config);
  response.json(session?.user ?? null);
});
app.listen(Number(PORT), '127.0.0.1');
