/** An API is found by its identifier, its aliases, and with or without the last slash; its tokens name the identifier. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeJwt } from 'jose';
import { alice, people } from '../../../harness/sign_in.ts';
import { createAppSession } from '../../support/app_session.ts';
import { basic, postForm, sqliteServer } from '../../support/flows.ts';
import { callbackUri } from '../../support/relying_party.ts';

const secret = 'a-secret-of-at-least-32-characters';
const slash = 'https://slash.example/';
const plain = 'https://plain.example/mcp';
const both = ['https://both.example', 'https://both.example/'];

const api = (identifier: string, more = {}) => ({
  ...{ identifier, name: identifier, scopes: { read: 'Read' }, ...more },
});
const apis = [
  api(slash),
  api(plain, { aliases: ['urn:example:plain', 'https://old.example/api'] }),
  ...both.map((identifier) => api(identifier)),
];
const identifiers = apis.map(({ identifier }) => identifier);

const declaration = {
  users: people,
  apis,
  clients: [
    {
      ...{ client_id: 'app', token_endpoint_auth_method: 'none', consent: 'skip' },
      grant_types: ['authorization_code', 'refresh_token'],
      ...{ redirect_uris: [callbackUri], scope: 'openid read', apis: identifiers },
    },
    {
      ...{ client_id: 'job', client_secret: secret, scope: 'read', apis: identifiers },
      grant_types: ['client_credentials', 'urn:ietf:params:oauth:grant-type:token-exchange'],
    },
  ],
};

const spellings: [string, string][] = [
  [slash, slash],
  ['https://slash.example', slash],
  [plain, plain],
  [`${plain}/`, plain],
  ['urn:example:plain', plain],
  ['https://old.example/api', plain],
  ...both.map((identifier): [string, string] => [identifier, identifier]),
];

sqliteServer({ declaration }, (server) => {
  const service = (fields: Record<string, string>) =>
    postForm(
      `${server().issuer}/token`,
      { grant_type: 'client_credentials', ...fields },
      { authorization: basic('job', secret) },
    );

  test("A service's token is for the API that is meant", async () => {
    for (const [resource, identifier] of spellings) {
      const { body } = await service({ resource });
      assert.equal(decodeJwt(String(body.access_token)).aud, identifier, resource);
    }
  });

  test('A sign-in, its refresh and an exchange take the same spellings', async () => {
    const { issuer } = server();
    for (const [resource, identifier] of spellings) {
      const app = createAppSession({ issuer, clientId: 'app', scope: 'read', person: alice });
      const code = await app.newCode({ resource });
      const { body } = await app.redeem({ url: issuer }, code);
      assert.equal(decodeJwt(String(body.access_token)).aud, identifier, resource);
      const refreshed = await postForm(`${issuer}/token`, {
        ...{ grant_type: 'refresh_token', client_id: 'app', resource },
        refresh_token: String(body.refresh_token),
      });
      assert.equal(decodeJwt(String(refreshed.body.access_token)).aud, identifier, resource);
    }
    const own = await service({ resource: slash });
    const exchanged = await service({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: String(own.body.access_token),
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      audience: 'urn:example:plain',
    });
    assert.equal(decodeJwt(String(exchanged.body.access_token)).aud, plain);
  });

  test('An error names the resource, where it can stand in a description', async () => {
    const unknown = await service({ resource: 'https://unknown.example' });
    assert.equal(unknown.body.error, 'invalid_target');
    assert.match(String(unknown.body.error_description), /https:\/\/unknown\.example$/);
    const odd = await service({ resource: 'https://x.example/"\\' });
    assert.doesNotMatch(String(odd.body.error_description), /["\\]/);
  });
});
