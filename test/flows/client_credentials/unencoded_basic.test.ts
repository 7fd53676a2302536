/** HTTP Basic whose parts are not form-encoded, at each endpoint where clients authenticate. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { basic, eachServer, postForm } from '../../support/flows.ts';

const orders = 'https://orders.example';
const callback = 'https://app.example/callback';
const clients = {
  '100%+job': 'a+secret/of%at==least+32%zzcharacters',
  'plain-job': 'a%2Bsecret%2Bthat%2Blooks%2Bencoded',
};

const declaration = {
  apis: [
    { identifier: orders, name: 'Orders', scopes: { 'orders:read': 'See' }, client_id: '100%+job' },
  ],
  clients: Object.entries(clients).map(([client_id, client_secret]) => ({
    ...{ client_id, client_secret, apis: [orders], scope: 'openid orders:read' },
    redirect_uris: [callback],
    grant_types: [
      'client_credentials',
      'authorization_code',
      'urn:ietf:params:oauth:grant-type:device_code',
    ],
  })),
};

const asSent = (clientId: string, secret: string) =>
  `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}`;

const requests: Record<string, Record<string, string>> = {
  '/token': { grant_type: 'client_credentials', scope: 'orders:read' },
  '/introspect': { token: 'x' },
  '/revoke': { token: 'x' },
  '/par': {
    ...{ response_type: 'code', redirect_uri: callback, scope: 'openid' },
    ...{ code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM' },
    code_challenge_method: 'S256',
  },
  '/device_authorization': { scope: 'openid' },
};

await eachServer({ declaration }, (server) => {
  const ask = (path: string, clientId: string, authorization: string) =>
    postForm(
      `${server().issuer}${path}`,
      // RFC 9126 section 2.1: what is pushed names its client.
      { ...requests[path], ...(path === '/par' && { client_id: clientId }) },
      { authorization },
    );

  for (const path of Object.keys(requests)) {
    test(`A client authenticates at ${path} with HTTP Basic that is form-encoded, and with one that is not`, async () => {
      for (const [clientId, secret] of Object.entries(clients)) {
        for (const authorization of [basic(clientId, secret), asSent(clientId, secret)]) {
          const { status, body } = await ask(path, clientId, authorization);
          assert.ok([200, 201].includes(status), `${clientId}: ${status} ${JSON.stringify(body)}`);
        }
      }
    });

    test(`Credentials that are wrong in both readings are refused at ${path}, whether there is such a client or not`, async () => {
      const wrong = `${clients['plain-job']}x`;
      const answers = [
        await ask(path, 'plain-job', asSent('plain-job', wrong)),
        await ask(path, 'nobody', asSent('nobody', wrong)),
        await ask(path, '100%+job', asSent('100%25%2Bjob', wrong)),
      ];
      for (const { status, headers, body } of answers) {
        assert.deepEqual([status, body], [401, answers[0]?.body]);
        assert.match(headers.get('www-authenticate') ?? '', /^Basic /);
      }
      const mixed = await ask(path, '100%+job', asSent('100%25%2Bjob', clients['100%+job']));
      assert.equal(mixed.status, 400);
    });
  }

  test("An API's own client asks about keys with HTTP Basic that is not form-encoded", async () => {
    const verify = async (authorization: string) => {
      const response = await fetch(`${server().issuer}/api-keys/verify`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json' },
        body: JSON.stringify({ key: 'acme_live_x' }),
      });
      return response.status;
    };
    const [clientId, secret] = ['100%+job', clients['100%+job']];
    assert.equal(await verify(basic(clientId, secret)), 200);
    assert.equal(await verify(asSent(clientId, secret)), 200);
    assert.equal(await verify(asSent(clientId, `${secret}x`)), 401);
  });

  test('A client that sends its credentials as they are is on record by its own name, once', async () => {
    const before = server().logged().length;
    await ask('/token', '100%+job', asSent('100%+job', clients['100%+job']));
    const lines = server().logged().slice(before).trim().split('\n');
    const named = lines.filter((line) => line.includes('"route":"token"'));
    assert.equal(named.length, 1);
    assert.equal(JSON.parse(named[0] ?? '{}').client_id, '100%+job');
  });
});
