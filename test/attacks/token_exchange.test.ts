/**
 * Exchanges that nobody should ask for: whatever the parameters, the token endpoint answers with a token that is
 * worth no more than what was brought, or with an error of the protocol; and nothing is left behind.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeJwt } from 'jose';
import { createKey } from '../../src/api_keys/model/key_format.ts';
import {
  declaration,
  exchangeGrant,
  notes,
  orders,
  scope,
  secret,
  stock,
} from '../flows/exchange/configuration.ts';
import { accessTokenType, apiKeyType } from '../flows/exchange/scene.ts';
import { createAppSession } from '../support/app_session.ts';
import { basic, postForm } from '../support/flows.ts';
import { sqliteTarget } from './target.ts';

type Pairs = [string, string][];

const names = [
  ...['grant_type', 'subject_token', 'subject_token_type', 'actor_token', 'actor_token_type'],
  ...['requested_token_type', 'resource', 'audience', 'scope', 'client_id', 'client_secret'],
  ...['client_assertion', 'client_assertion_type', '__proto__', 'constructor', 'act'],
];
const types = [
  ...[accessTokenType, apiKeyType, `${apiKeyType} `, 'urn:ietf:params:oauth:token-type:jwt'],
  ...[
    'urn:ietf:params:oauth:token-type:id_token',
    'urn:ietf:params:oauth:token-type:refresh_token',
  ],
];
const clients = ['narrow-app', 'orders-api', 'stock-api', 'job', 'plain-app', 'notes-api'];

sqliteTarget(declaration, (target) => {
  test('No token exchange gains rights, causes a server error or leaves a record', async () => {
    const { issuer, url } = target();
    const app = createAppSession({ issuer, clientId: 'narrow-app', secret, scope });
    const theirs = await app.newTokens(target(), { resource: orders, scope: 'openid orders:read' });
    const opaque = await app.newTokens(target(), { resource: notes });
    const known = [theirs.accessToken, opaque.accessToken, theirs.refreshToken, theirs.idToken];
    const value = fc.oneof(
      fc.constantFrom(...known, ...types, exchangeGrant, createKey('acme', 'live'), 'app', secret),
      fc.constantFrom(orders, stock, notes, `${issuer}/userinfo`, issuer, 'items:read'),
      fc.constantFrom('orders:read', 'orders:write', 'orders:read orders:write openid', ' ', ''),
      fc.string({ unit: 'binary', maxLength: 60 }),
      theirsChanged(theirs.accessToken),
    );
    const request = fc.record({
      subject: fc.constantFrom(...known, 'x'),
      type: fc.constantFrom(accessTokenType, accessTokenType, ...types),
      changes: fc.array(fc.tuple(fc.constantFrom(...names), value), { maxLength: 4 }),
      replace: fc.boolean(),
      authorization: fc.oneof(
        { weight: 6, arbitrary: fc.constantFrom(...clients).map((id) => basic(id, secret)) },
        { weight: 1, arbitrary: fc.constant(undefined) },
        { weight: 1, arbitrary: fc.constantFrom('Basic', 'Basic :', 'Bearer x', 'Basic Og==') },
      ),
    });
    const inOrder = {
      ...{ subject: theirs.accessToken, type: accessTokenType, replace: false },
      ...{ changes: [] as Pairs, authorization: basic('narrow-app', secret) },
    };
    const kept = async () => {
      const { clients: all, users, artifacts, revocations, api_keys } = await target().dump();
      // The server's own turn to look for keys that expire comes each minute.
      const brought = artifacts?.filter(({ kind }) => kind !== 'ApiKeyExpiryLook');
      const tables = { all, users, artifacts: brought, revocations, api_keys };
      return Object.entries(tables).flatMap(([table, rows = []]) =>
        rows.map((row) => `${table} ${JSON.stringify(row)}`),
      );
    };
    const before = await kept();
    let exchanged = 0;
    await fc.assert(
      fc.asyncProperty(request, async ({ subject, type, changes, replace, authorization }) => {
        const base: Pairs = [
          ['grant_type', exchangeGrant],
          ['subject_token', subject],
          ['subject_token_type', type],
        ];
        const changed = new Set(changes.map(([name]) => name));
        const pairs = [...base.filter(([name]) => !replace || !changed.has(name)), ...changes];
        const headers = authorization === undefined ? undefined : { authorization };
        const { status, body } = await postForm(`${url}/token`, pairs, headers);
        if (status !== 200) {
          assert.ok(status === 400 || status === 401 || status === 429, `${status}`);
          assert.match(String(body.error), /^(invalid|unauthorized|unsupported)_[a-z_]+$/);
          assert.match(String(body.error_description ?? ''), /^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/);
          assert.equal(body.access_token, undefined);
          return;
        }
        exchanged += 1;
        const token = decodeJwt(String(body.access_token));
        const from = decodeJwt(theirs.accessToken);
        assert.equal(token.sub, from.sub);
        assert.ok(Number(token.exp) <= Number(from.exp));
        assert.ok([undefined, 'orders:read'].includes(token.scope as string | undefined));
        assert.equal(token.aud, orders);
        assert.equal(body.refresh_token, undefined);
        assert.equal(body.id_token, undefined);
      }),
      { numRuns: 400, interruptAfterTimeLimit: 2_000, endOnFailure: false, examples: [[inOrder]] },
    );
    assert.ok(exchanged > 0, 'one of them, at least, was in order');
    const after = await kept();
    const changed = after.filter((row) => !before.includes(row));
    assert.deepEqual([changed, after.length], [[], before.length]);
    assert.equal((await app.refresh(target(), theirs.refreshToken)).status, 200);
  });
});

/** The token with some characters replaced. */
function theirsChanged(token: string): fc.Arbitrary<string> {
  return fc
    .tuple(fc.nat({ max: token.length - 1 }), fc.constantFrom('A', '.', '_', '%', '\u0000'))
    .map(([at, letter]) => `${token.slice(0, at)}${letter}${token.slice(at + 1)}`)
    .filter((changed) => changed !== token);
}
