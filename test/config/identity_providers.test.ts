/** The `identity_providers` section of the declarative file: what is wrong in it is told by its place, all at once. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { load, placesOf, problemsOf, temporaryFiles, withFile } from './support.ts';

describe('Identity providers in the configuration', () => {
  test('A preset needs no issuer, and GitHub, Google and Microsoft no more than an id and a secret', async (context) => {
    const providers = ['google', 'microsoft', 'github'].map(
      (preset) => `{ id: ${preset}, preset: ${preset}, client_id: here, client_secret: secret }`,
    );
    const text = `identity_providers: [${providers.join(', ')}]`;
    const { declaration } = await load(await withFile(context, text));
    assert.equal(declaration.identity_providers.length, 3);
    assert.ok(
      declaration.identity_providers.every(({ new_people: policy }) => policy === 'refuse'),
    );
  });

  test('The key for Apple is read from a file as it is', async (context) => {
    const { write } = await temporaryFiles(context);
    const pem = '-----BEGIN PRIVATE KEY-----\nMIGT\n-----END PRIVATE KEY-----\n';
    const text = `identity_providers: [{ id: apple, preset: apple, client_id: here, apple_key: { team_id: t, key_id: k, private_key: "\${APPLE_KEY}" } }]`;
    const env = { APPLE_KEY_FILE: await write('AuthKey.p8', pem) };
    const { declaration } = await load(await withFile(context, text, env));
    const [apple] = declaration.identity_providers;
    assert.equal(apple?.apple_key?.private_key.trim(), pem.trim());
  });

  test('Mistakes are told with their places', async (context) => {
    const text = `
identity_providers:
  - { id: one, client_id: here }
  - { id: Two, issuer: "https://two.example", client_id: here }
  - { id: apple, preset: apple, client_id: here }
  - { id: four, preset: google, client_id: here, apple_key: { team_id: t, key_id: k, private_key: p } }
  - { id: five, issuer: "ftp://five.example", client_id: here, domains: ["@five.example"] }
  - { id: six, preset: facebook, client_id: here }
  - { id: seven, issuer: "https://seven.example", client_id: here, mapping: { claims: { email: mail, roles: r, sub: s, preferred_username: p, department: d } } }
  - { id: eight, issuer: "https://eight.example", client_id: here, mapping: { roles: { claim: roles, values: {} } } }
`;
    assert.deepEqual(await placesOf(await withFile(context, text)), [
      'identity_providers[0].issuer',
      'identity_providers[1].id',
      'identity_providers[2].apple_key',
      'identity_providers[3].apple_key',
      'identity_providers[4].domains[0]',
      'identity_providers[4].issuer',
      'identity_providers[5].preset',
      'identity_providers[6].mapping.claims.email',
      'identity_providers[6].mapping.claims.preferred_username',
      'identity_providers[6].mapping.claims.roles',
      'identity_providers[6].mapping.claims.sub',
      'identity_providers[7].mapping.roles.values',
    ]);
  });

  test('An id, a domain and a client name one provider that there is', async (context) => {
    const text = `
identity_providers:
  - { id: one, issuer: "https://one.example", client_id: here, domains: [staff.example] }
  - { id: one, issuer: "https://two.example", client_id: here, domains: [staff.example] }
clients:
  - { client_id: app, token_endpoint_auth_method: none, redirect_uris: ["https://app.example/"], identity_providers: [one, none] }
`;
    assert.deepEqual(await placesOf(await withFile(context, text)), [
      'clients[0].identity_providers[1]',
      'identity_providers[1].domains[0]',
      'identity_providers[1].id',
    ]);
  });

  test('No mistake repeats a secret', async (context) => {
    const text = `identity_providers: [{ id: X, client_id: here, client_secret: "the-secret-of-here", apple_key: { team_id: 1, key_id: k, private_key: "the-key-of-here" } }]`;
    const told = JSON.stringify(await problemsOf(await withFile(context, text)));
    assert.doesNotMatch(told, /the-secret-of-here|the-key-of-here/);
  });
});
