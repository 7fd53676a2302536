/** What is no description of a client: told at the page, with a reason on record, and nothing is kept. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { openStore } from '../../../src/storage/open.ts';
import { requestAuthorization, sqliteServer } from '../../support/flows.ts';
import { declaration } from './configuration.ts';
import { hosted, startDocumentSite } from './document_site.ts';

const site = await startDocumentSite();
after(() => site.close());
const [redirectUri = ''] = hosted.redirect_uris;
const json = { 'content-type': 'application/json' };
const inSelf = (path: string, document: object) =>
  JSON.stringify({ client_id: `${site.url}${path}`, ...document });

/** What is served at the path, and what the page says of it. */
const unusable: [name: string, serve: (path: string) => string, says: RegExp][] = [
  ['missing', (path) => `${site.url}${path}`, /could not be fetched/],
  [
    'a redirect',
    (path) => {
      const target = site.serve(`${path}-target`, { ...hosted, client_id: `${site.url}${path}` });
      return site.serveRaw(path, { status: 302, headers: { location: target }, body: '' });
    },
    /could not be fetched/,
  ],
  [
    'a web page',
    (path) =>
      site.serveRaw(path, { headers: { 'content-type': 'text/html' }, body: inSelf(path, hosted) }),
    /could not be fetched as application\/json/,
  ],
  ['no JSON', (path) => site.serveRaw(path, { headers: json, body: '{' }), /is not JSON/],
  ['a list', (path) => site.serveRaw(path, { headers: json, body: '[]' }), /not a JSON object/],
  [
    'too large',
    (path) => site.serve(path, { ...hosted, padding: 'x'.repeat(16 * 1024) }),
    /more than 16 KiB/,
  ],
  [
    'nested deeply',
    (path) => site.serve(path, { ...hosted, extra: [[[[[[[]]]]]]] }),
    /nested too deeply/,
  ],
  [
    'of another client',
    (path) => site.serve(path, { ...hosted, client_id: `${site.url}/another` }),
    /client_id is not its address/,
  ],
  [
    'one letter off',
    (path) => site.serve(path, { ...hosted, client_id: `${site.url}${path}/` }),
    /client_id is not its address/,
  ],
  [
    'with a secret',
    (path) => site.serve(path, { ...hosted, client_secret: 'x'.repeat(32) }),
    /has a client_secret/,
  ],
  [
    'that needs a secret',
    (path) => site.serve(path, { ...hosted, token_endpoint_auth_method: 'client_secret_basic' }),
    /needs a secret/,
  ],
  [
    'with a method that nobody knows',
    (path) => site.serve(path, { ...hosted, token_endpoint_auth_method: 'tls_client_auth' }),
    /token_endpoint_auth_method/,
  ],
  [
    'without redirect URIs',
    (path) => site.serve(path, { ...hosted, redirect_uris: undefined }),
    /redirect_uris/,
  ],
  [
    'with redirect URIs of which none is taken',
    (path) =>
      site.serve(path, { ...hosted, redirect_uris: ['javascript:alert(1)', 'http://a.b/'] }),
    /redirect_uris/,
  ],
  [
    'with a plain page',
    (path) => site.serve(path, { ...hosted, tos_uri: 'http://agent.example/terms' }),
    /tos_uri is no https URL/,
  ],
  [
    'for services only',
    (path) => site.serve(path, { ...hosted, grant_types: ['client_credentials'] }),
    /grant_types has none/,
  ],
  [
    'with private keys',
    (path) =>
      site.serve(path, {
        ...{ ...hosted, token_endpoint_auth_method: 'private_key_jwt' },
        jwks: { keys: [{ kty: 'RSA', n: 'AQAB', e: 'AQAB', d: 'AQAB' }] },
      }),
    /JSON Web Key Set|jwks/,
  ],
];

sqliteServer({ declaration }, (server) => {
  const ask = (clientId: string) =>
    requestAuthorization(server().issuer, {
      ...{ client_id: clientId, redirect_uri: redirectUri, response_type: 'code' },
      ...{ code_challenge: 'x'.repeat(43), code_challenge_method: 'S256' },
    });
  const recordOf = async (clientId: string) => {
    const store = await openStore({ url: server().store });
    const record = await store.clients.find(clientId);
    await store.close();
    return record;
  };

  describe('A metadata document that describes no client', () => {
    for (const [index, [name, serve, says]] of unusable.entries()) {
      test(`One that is ${name} ends at a page that says so, and leaves nothing`, async () => {
        const clientId = serve(`/unusable/${index}`);
        const answer = await ask(clientId);
        assert.equal(answer.location, undefined);
        assert.equal(answer.status, 400);
        assert.match(answer.html, says);
        assert.match(server().logged(), /"reason":"client_document_unusable"/);
        assert.equal(await recordOf(clientId), undefined);
      });
    }

    test('What could not be used is not fetched again at once', async () => {
      await ask(`${site.url}/nowhere`);
      await ask(`${site.url}/nowhere`);
      assert.equal(site.fetched('/nowhere'), 1);
    });
  });

  test('What a document says beyond what Cardea knows has no effect', async () => {
    const clientId = site.serve('/generous', {
      ...hosted,
      grant_types: [
        ...hosted.grant_types,
        'client_credentials',
        'urn:ietf:params:oauth:grant-type:jwt-bearer',
      ],
      redirect_uris: [redirectUri, 'cursor://agent/callback', 'http://elsewhere.example/cb'],
      ...{ apis: ['https://everything.example'], consent: 'skip', profile: 'fapi2' },
      ...{ bounds: {}, source: 'file', refresh_token_grace: 1_000_000, require_pkce: false },
      ...{ backchannel_logout_uri: 'https://localhost/', cors_origins: ['https://evil.example'] },
    });
    assert.equal((await ask(clientId)).status, 303);
    const record = await recordOf(clientId);
    assert.deepEqual(record?.metadata.grant_types, hosted.grant_types);
    assert.deepEqual(record?.metadata.redirect_uris, [redirectUri]);
    const members = Object.keys(record?.metadata ?? {});
    for (const power of ['apis', 'consent', 'profile', 'bounds', 'source', 'cors_origins'])
      assert.ok(!members.includes(power), power);
    assert.equal(members.includes('backchannel_logout_uri'), false);
  });

  test('Where the document leaves the choice, the client authenticates as Cardea can', async () => {
    const clientId = site.serve('/choices', {
      ...hosted,
      token_endpoint_auth_method: undefined,
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'tls_client_auth', 'none'],
      id_token_signing_alg_values_supported: ['HS256', 'RS256'],
    });
    const answer = await ask(clientId);
    assert.equal(answer.status, 303, answer.html);
    const record = await recordOf(clientId);
    assert.equal(record?.metadata.token_endpoint_auth_method, 'none');
    assert.equal(record?.metadata.id_token_signed_response_alg, 'RS256');
  });
});

for (const [name, policy] of [
  ['no document', { enabled: false }],
  ['those of other hosts', { enabled: true, domains: ['claude.ai', '*.localhost', 'ocalhost'] }],
] as const) {
  sqliteServer({ declaration: { ...declaration, client_id_metadata: policy } }, (server) => {
    test(`Where an operator takes ${name}, nothing is fetched and the refusal says why`, async () => {
      const path = `/refused/${name}`.replaceAll(' ', '-');
      const clientId = site.serve(path, hosted);
      const answer = await requestAuthorization(server().issuer, {
        ...{ client_id: clientId, redirect_uri: redirectUri, response_type: 'code' },
      });
      assert.equal(answer.status, 400);
      assert.equal(site.fetched(path), 0);
      assert.match(server().logged(), /"reason":"client_document_not_taken"/);
    });
  });
}
