// Serves a page, the library, and what the page has to know.
import express from 'express';

const { ISSUER, CLIENT_ID, PORT } = process.env;

const app = express();
app.get('/settings.json', (_request, response) => {
  response.json({ authority: ISSUER, client_id: CLIENT_ID });
});
app.use('/library', express.static('node_modules/oidc-client-ts/dist/browser'));
app.use(express.static('public'));
app.listen(Number(PORT), '127.0.0.1');
