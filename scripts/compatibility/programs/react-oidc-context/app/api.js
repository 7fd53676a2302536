import { createVerifier, protectExpress, tokenOf } from '@cardea/verifier';
import cors from 'cors';
import express from 'express';

const { ISSUER, PORT, APP_ORIGIN } = process.env;
const verifier = createVerifier({ issuer: ISSUER, audience: 'https://orders.example' });

const app = express();
// First: browsers ask without a token whether the app may call.
app.use(cors({ origin: APP_ORIGIN }));
app.use(protectExpress(verifier, { scopes: 'orders:read' }));
app.get('/orders', (request, response) => {
  const { claims } = tokenOf(request);
  response.json({ orders: [], of: claims.sub, for: claims.client_id });
});

app.listen(Number(PORT), '127.0.0.1');
