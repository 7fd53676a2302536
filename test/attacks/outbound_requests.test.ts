/**
 * Server-side request forgery: no URL that a client registers, or that a request names, makes the server call
 * anything inside the network that it stands in. What addresses are inside is test/net/outbound.test.ts's.
 */
import assert from 'node:assert/strict';
import { sign } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { walkToClient } from '../../harness/sign_in.ts';
import { createUserAgent } from '../../harness/user_agent.ts';
import { randomId } from '../../src/digests.ts';
import { postForm } from '../support/flows.ts';
import { authorizeUrl } from './authorization.ts';
import { callback, declaration, orders, signerKeys } from './configuration.ts';
import { createListener, type Listener } from './listener.ts';
import { sqliteTarget } from './target.ts';

/** This machine, and the metadata service of clouds, in every spelling that a URL allows. */
const inside = (port: number) => [
  `https://127.0.0.1:${port}/`,
  `http://127.0.0.1:${port}/`,
  `https://localhost:${port}/`,
  `https://LOCALHOST.:${port}/`,
  `https://127.1:${port}/`,
  `https://2130706433:${port}/`,
  `https://0x7f000001:${port}/`,
  `https://017700000001:${port}/`,
  `https://0177.0.0.1:${port}/`,
  `https://①②⑦.⓪.⓪.①:${port}/`,
  `https://0.0.0.0:${port}/`,
  `https://0:${port}/`,
  `https://[::1]:${port}/`,
  `https://[::]:${port}/`,
  `https://[::ffff:127.0.0.1]:${port}/`,
  `https://[::ffff:7f00:1]:${port}/`,
  `https://[0:0:0:0:0:ffff:127.0.0.1]:${port}/`,
  `https://[64:ff9b::127.0.0.1]:${port}/`,
  `https://[2002:7f00:1::]:${port}/`,
  `https://user:password@127.0.0.1:${port}/`,
  `https://app.example@127.0.0.1:${port}/`,
  `https://127.0.0.1:${port}\\@app.example/`,
  'https://169.254.169.254/latest/meta-data/',
  'https://[fd00:ec2::254]/latest/meta-data/',
  'https://10.0.0.1/',
  'https://192.168.0.1/',
  'file:///etc/passwd',
  'data:application/json,{"keys":[]}',
  `ftp://127.0.0.1:${port}/`,
  `gopher://127.0.0.1:${port}/_GET`,
];

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Makes the server look for the client's key. */
function assertion(clientId: string, issuer: string): string {
  const exp = Math.floor(Date.now() / 1000) + 60;
  const claims = { iss: clientId, sub: clientId, aud: issuer, jti: randomId(), exp };
  const input = `${encode({ alg: 'ES256', kid: randomId() })}.${encode(claims)}`;
  const key = { key: signerKeys.privateKey, dsaEncoding: 'ieee-p1363' } as const;
  return `${input}.${sign('sha256', Buffer.from(input), key).toString('base64url')}`;
}

const listener: Listener = await createListener({ keys: [] });
/** Declared clients may name such addresses: an operator's mistake must not open the network either. */
const declared = {
  ...declaration,
  clients: [
    ...declaration.clients,
    ...[
      `https://127.0.0.1:${listener.port}/`,
      `https://localhost:${listener.port}/`,
      `https://[::ffff:127.0.0.1]:${listener.port}/`,
      'https://169.254.169.254/',
    ].map((jwks_uri, index) => ({
      client_id: `inside-${index}`,
      token_endpoint_auth_method: 'private_key_jwt',
      jwks_uri,
      grant_types: ['client_credentials'],
      scope: 'orders:read',
      apis: [orders],
    })),
    {
      client_id: 'told-inside',
      token_endpoint_auth_method: 'none',
      redirect_uris: [callback],
      scope: 'openid',
      consent: 'skip',
      backchannel_logout_uri: `https://127.0.0.1:${listener.port}/logout`,
    },
  ],
};

sqliteTarget(declared, (target) => {
  let initialToken: string;
  before(async () => {
    initialToken = await target().initialAccessToken();
  });
  after(() => listener.close());

  const register = async (metadata: object) => {
    const answer = await fetch(`${target().issuer}/register`, {
      method: 'POST',
      headers: { authorization: `Bearer ${initialToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({ redirect_uris: [callback], ...metadata }),
    });
    const body = (await answer.json()) as { client_id?: string; error?: string };
    assert.ok([201, 400].includes(answer.status), JSON.stringify([metadata, body]));
    return body.client_id;
  };
  const authenticate = (clientId: string) =>
    postForm(`${target().issuer}/token`, {
      grant_type: 'client_credentials',
      client_assertion: assertion(clientId, target().issuer),
      client_assertion_type: assertionType,
    });
  const nobodyCalled = () => assert.equal(listener.connections(), 0);

  describe('Server-side request forgery', () => {
    test('A jwks_uri of a registered client cannot point inside', async () => {
      for (const jwks_uri of inside(listener.port)) {
        const id = await register({
          token_endpoint_auth_method: 'private_key_jwt',
          grant_types: ['authorization_code'],
          jwks_uri,
        });
        if (id === undefined) continue;
        const { status, body } = await authenticate(id);
        assert.ok(status === 400 || status === 401, jwks_uri);
        assert.doesNotMatch(JSON.stringify(body), /ECONN|refused|127\.0\.0\.1|address/i, jwks_uri);
      }
      nobodyCalled();
    });

    test('A sector identifier of a registered client cannot point inside', async () => {
      for (const sector_identifier_uri of inside(listener.port)) {
        const id = await register({ subject_type: 'pairwise', sector_identifier_uri });
        assert.equal(id, undefined, sector_identifier_uri);
      }
      nobodyCalled();
    });

    test('Page and logo URLs of a registered client are never fetched by the server', async () => {
      for (const url of inside(listener.port)) {
        const members = ['logo_uri', 'policy_uri', 'tos_uri', 'client_uri', 'initiate_login_uri'];
        const client_id = await register({
          token_endpoint_auth_method: 'none',
          ...Object.fromEntries(members.map((member) => [member, url])),
        });
        if (client_id === undefined) continue;
        const request = { client_id, redirect_uri: callback };
        const page = await createUserAgent().open(authorizeUrl(target().issuer, request));
        assert.equal(page.status, 200);
        assert.doesNotMatch(page.html, /<img[^>]*src="http/);
      }
      nobodyCalled();
    });

    test('A logout URI of a registered client cannot point inside', async () => {
      const agent = createUserAgent();
      let told = 0;
      for (const backchannel_logout_uri of inside(listener.port).slice(0, 12)) {
        const client_id = await register({
          token_endpoint_auth_method: 'none',
          scope: 'openid',
          backchannel_logout_uri,
        });
        if (client_id === undefined) continue;
        told += 1;
        const request = { client_id, redirect_uri: callback };
        await walkToClient(agent, authorizeUrl(target().issuer, request), callback);
      }
      assert.ok(told > 3);
      const page = await agent.open(`${target().issuer}/logout`);
      const after = await agent.submit(page, { action: /confirm$/, fields: { logout: 'yes' } });
      assert.equal(after.url, `${target().issuer}/logout/success`);
      nobodyCalled();
    });
  });

  test('A declared client cannot point inside unless outbound.allow names the network', async () => {
    for (const index of [0, 1, 2, 3]) {
      const { status } = await authenticate(`inside-${index}`);
      assert.ok(status === 400 || status === 401);
    }
    const agent = createUserAgent();
    const request = { client_id: 'told-inside' };
    await walkToClient(agent, authorizeUrl(target().issuer, request), callback);
    const page = await agent.open(`${target().issuer}/logout`);
    await agent.submit(page, { action: /confirm$/, fields: { logout: 'yes' } });
    nobodyCalled();
  });

  test('No request parameter makes the server call an internal address', async () => {
    const { issuer } = target();
    const [url = ''] = inside(listener.port);
    for (const name of ['request_uri', 'client_id', 'resource', 'redirect_uri', 'login_hint']) {
      await createUserAgent().open(authorizeUrl(issuer, { [name]: url }), { stopAt: 'https://' });
      await postForm(`${issuer}/par`, { client_id: 'app', [name]: url });
    }
    await postForm(`${issuer}/token`, { grant_type: 'authorization_code', client_id: url });
    nobodyCalled();
  });
});
