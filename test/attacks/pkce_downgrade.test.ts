/** Nobody can take PKCE (RFC 7636) out of a flow, weaken it, or redeem a code without its verifier. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { walkToClient } from '../../harness/sign_in.ts';
import { createUserAgent } from '../../harness/user_agent.ts';
import { randomId, sha256 } from '../../src/digests.ts';
import { basic, postForm, requestAuthorization } from '../support/flows.ts';
import { authorizeUrl, type Changes, parameters, verifier } from './authorization.ts';
import { callback, declaration, shopCallback, shopSecret } from './configuration.ts';
import { sqliteTarget } from './target.ts';

const withoutPkce = { code_challenge: undefined, code_challenge_method: undefined };
const shop = { client_id: 'shop', redirect_uri: shopCallback };

sqliteTarget(declaration, (target) => {
  const codeFor = async (changes: Changes = {}) => {
    const agent = createUserAgent();
    const uri = changes.redirect_uri ?? callback;
    const answer = await walkToClient(agent, authorizeUrl(target().issuer, changes), uri);
    return answer.searchParams.get('code') ?? '';
  };
  const redeem = (code: string, fields: Record<string, string>) =>
    postForm(`${target().issuer}/token`, {
      grant_type: 'authorization_code',
      client_id: 'app',
      redirect_uri: callback,
      code,
      ...fields,
    });
  const redeemAsShop = (code: string, fields: Record<string, string>) =>
    postForm(
      `${target().issuer}/token`,
      { grant_type: 'authorization_code', redirect_uri: shopCallback, code, ...fields },
      { authorization: basic('shop', shopSecret) },
    );

  describe('PKCE at the authorization endpoint', () => {
    const weak: [string, Changes][] = [
      ['without a challenge', withoutPkce],
      ['with the challenge stripped and the method left', { code_challenge: undefined }],
      ['with an empty challenge', { code_challenge: '' }],
      ['with plain', { code_challenge_method: 'plain', code_challenge: verifier }],
      ['with plain by default', { code_challenge_method: undefined, code_challenge: verifier }],
      ['with a method in another spelling', { code_challenge_method: 's256' }],
      ['with an unknown method', { code_challenge_method: 'S512' }],
      ['with a challenge that is too short', { code_challenge: 'short' }],
      ['with a challenge of other characters', { code_challenge: `${'a'.repeat(42)}!` }],
    ];
    for (const [how, changes] of weak) {
      test(`An authorization request ${how} is refused`, async () => {
        const { issuer } = target();
        const { location } = await requestAuthorization(issuer, parameters(changes));
        assert.equal(location?.searchParams.get('error'), 'invalid_request');
        const pushed = await postForm(`${issuer}/par`, new URLSearchParams(parameters(changes)));
        assert.equal(pushed.status, 400);
      });
    }

    test('An authorization request with two challenges is refused', async () => {
      const { issuer } = target();
      const twice: [string, string][] = [...parameters(), ['code_challenge', sha256('x')]];
      const { location } = await requestAuthorization(issuer, twice);
      assert.equal(location?.searchParams.get('error'), 'invalid_request');
    });

    test('Parameters beside a pushed request change nothing in it', async () => {
      const { issuer } = target();
      const pushed = await postForm(`${issuer}/par`, new URLSearchParams(parameters()));
      const query = new URLSearchParams({
        client_id: 'app',
        request_uri: String(pushed.body.request_uri),
        code_challenge: verifier,
        code_challenge_method: 'plain',
        state: 'of the attacker',
        scope: 'openid profile email',
      });
      const url = `${issuer}/authorize?${query}`;
      const answer = await walkToClient(createUserAgent(), url, callback);
      assert.equal(answer.searchParams.get('state'), 'the-state');
      const code = answer.searchParams.get('code') ?? '';
      const { status, body } = await redeem(code, { code_verifier: verifier });
      assert.equal(status, 200);
      assert.equal(body.scope, 'openid');
    });
  });

  describe('PKCE at the token endpoint', () => {
    const bad: [string, Record<string, string>][] = [
      ['without the verifier', {}],
      ['with an empty one', { code_verifier: '' }],
      ['with another one', { code_verifier: randomId(32) }],
      ['with the challenge itself', { code_verifier: sha256(verifier) }],
      ['with the verifier and more', { code_verifier: `${verifier}x` }],
    ];
    const malformed = [
      verifier.slice(0, -1),
      'x',
      'x'.repeat(129),
      `${verifier} `,
      `${verifier}\0`,
    ];
    test('Only the right code verifier redeems a code, and a wrong one does not spend it', async () => {
      const code = await codeFor();
      for (const [how, fields] of bad) {
        const { status, body } = await redeem(code, fields);
        assert.deepEqual([status, body.error], [400, 'invalid_grant'], how);
      }
      for (const code_verifier of malformed) {
        const { status, body } = await redeem(code, { code_verifier });
        assert.deepEqual([status, body.error], [400, 'invalid_request'], code_verifier);
      }
      assert.equal((await redeem(code, { code_verifier: verifier })).status, 200);
    });

    test('A code is not redeemed with two code verifiers', async () => {
      const code = await codeFor();
      const fields: [string, string][] = [
        ['grant_type', 'authorization_code'],
        ['client_id', 'app'],
        ['redirect_uri', callback],
        ['code', code],
        ['code_verifier', 'x'.repeat(43)],
        ['code_verifier', verifier],
      ];
      const { status, body } = await postForm(`${target().issuer}/token`, fields);
      assert.deepEqual([status, body.error], [400, 'invalid_request']);
    });
  });

  describe('Clients exempt from PKCE', () => {
    test('An exempt client cannot be made to ignore a challenge that was sent', async () => {
      const code = await codeFor(shop);
      assert.equal((await redeemAsShop(code, {})).body.error, 'invalid_grant');
      assert.equal((await redeemAsShop(code, { code_verifier: verifier })).status, 200);
    });

    test('An exempt client notices a stripped challenge (RFC 9700 section 4.8.2)', async () => {
      const code = await codeFor({ ...shop, ...withoutPkce });
      const { status, body } = await redeemAsShop(code, { code_verifier: verifier });
      assert.deepEqual([status, body.error], [400, 'invalid_grant']);
    });

    test('An exempt client may not use the plain method', async () => {
      const { location } = await requestAuthorization(
        target().issuer,
        parameters({ ...shop, code_challenge: verifier, code_challenge_method: 'plain' }),
      );
      assert.equal(location?.searchParams.get('error'), 'invalid_request');
    });
  });
});
