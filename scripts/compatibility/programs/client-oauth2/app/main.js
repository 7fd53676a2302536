import { createServer } from 'node:http';
import ClientOAuth2 from 'client-oauth2';

const { ISSUER, CLIENT_ID, CLIENT_SECRET, ORIGIN, PORT } = process.env;
const client = new ClientOAuth2({
  clientId: CLIENT_ID,
  clientSecret: CLIENT_SECRET,
  accessTokenUri: `${ISSUER}/token`,
  authorizationUri: `${ISSUER}/authorize`,
  redirectUri: `${ORIGIN}/callback`,
  scopes: ['openid', 'profile', 'email'],
  state: crypto.randomUUID(),
});

createServer(async (request, response) => {
  const { pathname } = new URL(request.url, ORIGIN);
  try {
    if (pathname === '/') {
      response.writeHead(302, { location: client.code.getUri() }).end();
    } else if (pathname === '/callback') {
      const token = await client.code.getToken(request.url);
      const refreshed = await token.refresh();
      const { url, headers } = refreshed.sign({ method: 'get', url: `${ISSUER}/userinfo` });
      response.end(await (await fetch(url, { headers })).text());
    } else response.writeHead(404).end();
  } catch (error) {
    console.error(error);
    response.writeHead(500).end(String(error));
  }
}).listen(Number(PORT), '127.0.0.1');
