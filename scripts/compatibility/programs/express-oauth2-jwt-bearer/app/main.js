import express from 'express';
import bearer from 'express-oauth2-jwt-bearer';

const { auth, requiredScopes } = bearer;
const { ISSUER, AUDIENCE, PORT } = process.env;

const app = express();
app.use(auth({ issuerBaseURL: ISSUER, audience: AUDIENCE }));
app.get('/orders', requiredScopes('orders:read'), (request, response) => {
  response.json({ sub: request.auth.payload.sub, orders: [] });
});
app.listen(Number(PORT), '127.0.0.1');
