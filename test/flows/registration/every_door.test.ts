/** One check of clients: the declarative file, the command line and registration say the same of the same metadata. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { testSecret } from '../../../harness/test_secret.ts';
import { createServices, type Services } from '../../../src/app/services.ts';
import { startProblems } from '../../../src/cli/start_check.ts';
import { systemClock as clock } from '../../../src/clock.ts';
import { declarationSchema } from '../../../src/config/schema/declaration.ts';
import { needsSecret } from '../../../src/definitions/oauth.ts';
import { CardeaError } from '../../../src/errors.ts';
import { problemsOf, withFile } from '../../config/support.ts';
import { callback, declaration, metadata, secret } from './configuration.ts';
import { eachRegistrar, manage } from './registrar.ts';

const key = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' };

/** Metadata, and where the mistake is. */
const mistakes: [changes: Record<string, unknown>, place: string][] = [
  [{ redirect_uris: ['http://app.example/callback'] }, 'redirect_uris[0]'],
  [{ redirect_uris: [callback, 'https://app.example/#fragment'] }, 'redirect_uris[1]'],
  [{ redirect_uris: ['https://*.example/callback'] }, 'redirect_uris[0]'],
  [{ redirect_uris: ['https://user@app.example/callback'] }, 'redirect_uris[0]'],
  [{ redirect_uris: ['javascript:alert(1)'] }, 'redirect_uris[0]'],
  [{ redirect_uris: ['nonsense'] }, 'redirect_uris[0]'],
  [{ redirect_uris: callback }, 'redirect_uris'],
  [{ redirect_uris: [] }, 'redirect_uris'],
  [{ redirect_uris: [callback, 5] }, 'redirect_uris[1]'],
  [{ application_type: 'native', redirect_uris: ['app:/callback'] }, 'redirect_uris[0]'],
  [{ post_logout_redirect_uris: ['http://app.example/'] }, 'post_logout_redirect_uris[0]'],
  [{ cors_origins: 'https://app.example' }, 'cors_origins'],
  [{ cors_origins: ['*'] }, 'cors_origins[0]'],
  [{ cors_origins: ['null'] }, 'cors_origins[0]'],
  [{ cors_origins: ['file://'] }, 'cors_origins[0]'],
  [{ cors_origins: ['https://*.app.example'] }, 'cors_origins[0]'],
  [{ cors_origins: ['https://app.example/'] }, 'cors_origins[0]'],
  [{ cors_origins: ['https://APP.example'] }, 'cors_origins[0]'],
  [{ cors_origins: ['https://app.example:443'] }, 'cors_origins[0]'],
  [{ cors_origins: ['https://user@app.example'] }, 'cors_origins[0]'],
  [{ cors_origins: ['http://app.example'] }, 'cors_origins[0]'],
  [{ cors_origins: ['capacitor://localhost', 'tauri:'] }, 'cors_origins[1]'],
  [{ response_types: ['token'] }, 'response_types[0]'],
  [{ response_modes: ['smoke'] }, 'response_modes[0]'],
  [{ grant_types: ['password'] }, 'grant_types[0]'],
  [{ grant_types: 'authorization_code' }, 'grant_types'],
  [{ token_endpoint_auth_method: 'client_secret_jwt' }, 'token_endpoint_auth_method'],
  [{ token_endpoint_auth_method: 'private_key_jwt' }, 'jwks'],
  [{ jwks: 5 }, 'jwks'],
  [{ jwks: { keys: [{}] } }, 'jwks.keys[0].kty'],
  [{ jwks: { keys: [key] }, jwks_uri: 'https://app.example/jwks' }, 'jwks'],
  [{ jwks_uri: 'file:///etc/passwd' }, 'jwks_uri'],
  [{ require_signed_request_object: true }, 'require_signed_request_object'],
  [{ id_token_signed_response_alg: 'none' }, 'id_token_signed_response_alg'],
  [{ id_token_signed_response_alg: 'PS256' }, 'id_token_signed_response_alg'],
  [{ subject_type: 'anonymous' }, 'subject_type'],
  [{ scope: 5 }, 'scope'],
  [{ client_name: '' }, 'client_name'],
  [{ client_name: { a: 1 } }, 'client_name'],
  [{ 'client_name#de': 5 }, 'client_name#de'],
  [{ contacts: ['nobody'] }, 'contacts'],
  [{ logo_uri: 'javascript:alert(1)' }, 'logo_uri'],
  [{ backchannel_logout_uri: 'ftp://app.example/' }, 'backchannel_logout_uri'],
  [{ sector_identifier_uri: 'http://127.0.0.1/sector' }, 'sector_identifier_uri'],
  [{ default_max_age: -1 }, 'default_max_age'],
];

await eachRegistrar((registrar) => {
  let services: Services | undefined;
  before(() => {
    services = createServices({
      config: {
        ...{ issuer: 'https://id.example', developmentMode: false },
        secrets: [Buffer.from(testSecret, 'base64url')],
        declaration: declarationSchema.parse(declaration),
      },
      ...{ store: registrar().store, clock },
      log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
    });
  });
  after(() => services?.close());

  const refusal = (attempt: Promise<unknown>): Promise<string> =>
    attempt.then(
      () => assert.fail('it was taken'),
      (error: unknown) => {
        assert.ok(error instanceof CardeaError, String(error));
        assert.equal(error.code, 'invalid_client_metadata');
        return error.message;
      },
    );

  test('The declarative file, the command line and dynamic registration refuse the same clients in the same words', async (t) => {
    const clients = (await services?.clients()) ?? assert.fail();
    const { record } = await clients.create({ metadata });
    const { body: registered } = await registrar().register();
    for (const [changes, place] of mistakes) {
      const wrong = { ...metadata, ...changes };
      const about = JSON.stringify(changes);
      const client: Record<string, unknown> = { client_id: 'wrong', ...wrong };
      if (needsSecret(client.token_endpoint_auth_method)) client.client_secret = secret;
      const { apis, clients: declared } = declaration;
      const file = JSON.stringify({ apis, clients: [...declared, client] });
      const at = `clients[${declared.length}]`;
      const [first, ...others] = await problemsOf(await withFile(t, file), {
        validate: startProblems,
      });
      assert.ok(first);
      assert.deepEqual(others, [], about);
      const where = first.where.replace(`${at}.`, '').replace(at, '');
      assert.ok(where.includes(place) || first.problem.includes(place), `${about}: ${where}`);
      const words = `${where} ${first.problem}`.trim();

      for (const said of [
        await refusal(clients.create({ metadata: wrong })),
        await refusal(clients.update(record.clientId, changes)),
      ]) {
        assert.equal(said, `${words}. ${first.remedy}`, about);
      }

      const { client_id, client_secret } = registered;
      for (const { status, body } of [
        await registrar().register(wrong),
        await manage('PUT', registered, { ...wrong, client_id, client_secret }),
      ]) {
        assert.equal(status, 400, about);
        const code = place.startsWith('redirect_uris')
          ? 'invalid_redirect_uri'
          : 'invalid_client_metadata';
        assert.equal(body.error, code, about);
        assert.ok(
          String(body.error_description).startsWith(words),
          `${about}: ${body.error_description} | ${words}`,
        );
        assert.match(String(body.error_description), /^[\x20-\x7e]+$/, about);
      }
    }
  });
});
