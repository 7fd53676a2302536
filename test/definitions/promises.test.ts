/**
 * What operators and clients rely on, as it was promised: literals, so that changing one is a decision. Everything
 * else reads src/definitions/.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { declarationSchema } from '../../src/config/schema/declaration.ts';
import { passwordLength, secretLength } from '../../src/definitions/lengths.ts';
import { lifetimes } from '../../src/definitions/lifetimes.ts';
import { defaultLocale, locales } from '../../src/definitions/locales.ts';

const day = 86_400;

describe('Documented lifetimes and defaults', () => {
  test('An authorization code lives 60 s, a token 10 min, a refresh token 30 or 90 days, and a session 14 days', () => {
    const { authorizationCode, accessToken, idToken, session } = lifetimes;
    assert.deepEqual([authorizationCode, accessToken, idToken], [60, 600, 600]);
    const { refreshTokenIdle, refreshTokenChain } = lifetimes;
    assert.deepEqual(
      [refreshTokenIdle, refreshTokenChain, session],
      [30 * day, 90 * day, 14 * day],
    );
  });

  test('The declarative file defaults to a grace period of 10 s, access tokens of 10 min and revocation within 2 s', () => {
    const { apis, clients, revocation } = declarationSchema.parse({
      apis: [{ identifier: 'https://orders.example', name: 'Orders' }],
      clients: [{ client_id: 'shop' }],
    });
    assert.equal(clients[0]?.refresh_token_grace, 10);
    assert.equal(apis[0]?.access_token_lifetime, 600);
    assert.equal(revocation.effective_within, 2);
  });

  test('A password has at least 8 characters, and a client secret at least 32', () => {
    assert.equal(passwordLength.min, 8);
    assert.equal(secretLength.min, 32);
  });

  test('The pages are in English and German, with English as the fallback', () => {
    assert.deepEqual([...locales], ['en', 'de']);
    assert.equal(defaultLocale, 'en');
  });
});
