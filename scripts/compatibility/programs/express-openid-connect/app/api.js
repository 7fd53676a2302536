import { createVerifier, protectExpress, tokenOf } from '@cardea/verifier';
import express from 'express';

const { ISSUER, PORT } = process.env;
const verifier = createVerifier({ issuer: ISSUER, audience: 'https://orders.example' });

const app = express();
app.get('/orders', protectExpress(verifier, { scopes: 'orders:read' }), (request, response) => {
  const { claims } = tokenOf(request);
  response.json({ orders: [], of: claims.sub, for: claims.client_id });
});

app.listen(Number(PORT), '127.0.0.1');
