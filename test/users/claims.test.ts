import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { normaliseName } from '../../src/definitions/names.ts';
import type { UserRecord } from '../../src/storage/users.ts';
import { claimsFor, claimsOf } from '../../src/users/claims.ts';

const alice: UserRecord = {
  id: 'u1',
  username: 'alice',
  email: 'alice@example.com',
  emailVerified: true,
  passwordHash: 'hash',
  claims: {
    name: 'Alice Adams',
    'family_name#de': 'Adams',
    phone_number: '+49 30 1',
    address: { country: 'DE' },
  },
  roles: ['admin'],
  createdAt: 1000,
  updatedAt: 1_700_000_000_999,
  version: 1,
};

describe('User claims', () => {
  test('Each scope releases exactly the claims listed in OpenID Connect Core section 5.4', () => {
    assert.deepEqual(claimsFor(alice, ['openid']), {});
    assert.deepEqual(claimsFor(alice, ['profile']), {
      name: 'Alice Adams',
      'family_name#de': 'Adams',
      preferred_username: 'alice',
      updated_at: 1_700_000_000,
    });
    assert.deepEqual(claimsFor(alice, ['email']), {
      email: 'alice@example.com',
      email_verified: true,
    });
    assert.deepEqual(claimsFor(alice, ['address', 'phone', 'unknown', 'constructor']), {
      address: { country: 'DE' },
      phone_number: '+49 30 1',
    });
  });

  test('A user record cannot claim another subject, a verified email or a non-standard claim', () => {
    const claims = claimsOf({
      ...alice,
      email: undefined,
      claims: {
        sub: 'u2',
        email: 'root@example.com',
        email_verified: true,
        roles: ['root'],
        password: 'x',
        updated_at: 1,
      },
    });
    assert.deepEqual(claims, { preferred_username: 'alice', updated_at: 1_700_000_000 });
  });
});

describe('Username normalisation', () => {
  test('Normalising a username twice is the same as normalising it once', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (typed) => {
        const name = normaliseName(typed);
        assert.equal(normaliseName(name), name);
      }),
    );
  });
});
