import { createServer } from 'node:http';
import { AuthorizationCode, ClientCredentials } from 'simple-oauth2';

const { ISSUER, CLIENT_ID, CLIENT_SECRET, ORIGIN, PORT } = process.env;
const client = { id: CLIENT_ID, secret: CLIENT_SECRET };
const auth = { tokenHost: ISSUER, tokenPath: '/token' };
const people = new AuthorizationCode({
  client,
  auth: { ...auth, authorizePath: '/authorize', revokePath: '/revoke' },
});
const service = new ClientCredentials({ client, auth });
const redirect_uri = `${ORIGIN}/callback`;
const scope = 'openid profile email';
const state = crypto.randomUUID();

const routes = {
  '/': () => ({ location: people.authorizeURL({ redirect_uri, scope, state }) }),
  async '/callback'({ searchParams }) {
    if (searchParams.get('state') !== state) throw new Error('another state');
    const token = await people.getToken({ code: searchParams.get('code'), redirect_uri, scope });
    const refreshed = await token.refresh();
    const headers = { authorization: `Bearer ${refreshed.token.access_token}` };
    const userinfo = await (await fetch(`${ISSUER}/userinfo`, { headers })).json();
    await refreshed.revokeAll();
    return userinfo;
  },
  async '/service'() {
    return (await service.getToken({ scope: 'orders:read' })).token;
  },
};

createServer(async (request, response) => {
  const url = new URL(request.url, ORIGIN);
  try {
    const { location, ...shown } = (await routes[url.pathname]?.(url)) ?? {};
    if (location) response.writeHead(302, { location }).end();
    else response.end(JSON.stringify(shown));
  } catch (error) {
    console.error(error, error.data?.payload);
    response.writeHead(500).end(String(error));
  }
}).listen(Number(PORT), '127.0.0.1');
