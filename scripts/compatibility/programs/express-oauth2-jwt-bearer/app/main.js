import express from 'express';
import bearer from 'express-oauth2-jwt-bearer';

const { auth, requiredScopes } = bearer;
const { ISSUER, PORT } = process.env;

const app = express();
app.use(auth({ issuerBaseURL: ISSUER, audience: 'https://orders.example' }));
app.get('/orders', requiredScopes('orders:read'), (request, response) => {
  response.json({ sub: request.auth.payload.sub, orders: [] });
});
app.listen(Number(PORT), '127.0.0.1');
