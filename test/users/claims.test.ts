import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Declaration } from '../../src/config/schema/declaration.ts';
import { normaliseName } from '../../src/definitions/names.ts';
import { createPersonScopes } from '../../src/scopes/room.ts';
import type { UserRecord } from '../../src/storage/users.ts';
import { claimsOf } from '../../src/users/claims.ts';
import { standardScopes } from '../support/rooms.ts';

const alice: UserRecord = {
  id: 'u1',
  username: 'alice',
  email: 'alice@example.com',
  emailVerified: true,
  passwordHash: 'hash',
  claims: {
    name: 'Alice Adams',
    'family_name#de': 'Adams',
    department: 'Sales',
    badge: 7,
    shoe_size: 41,
  },
  groups: ['dev'],
  roles: ['admin'],
  createdAt: 1000,
  updatedAt: 1_700_000_000_999,
  version: 1,
};

describe('User claims', () => {
  test('A user has the standard claims and those that a scope or an API of the file releases, in every language', () => {
    const scopes = createPersonScopes({
      scopes: [{ name: 'department', description: 'See it', claims: ['department'] }],
      apis: [{ claims: ['badge'] }] as Declaration['apis'],
    });
    assert.deepEqual(claimsOf(alice, scopes), {
      preferred_username: 'alice',
      name: 'Alice Adams',
      'family_name#de': 'Adams',
      department: 'Sales',
      badge: 7,
      email: 'alice@example.com',
      email_verified: true,
      groups: ['dev'],
      roles: ['admin'],
      updated_at: 1_700_000_000,
    });
  });

  test('A user record cannot claim another subject, a verified email, groups, roles or what nothing releases', () => {
    const claims = claimsOf(
      {
        ...alice,
        email: undefined,
        groups: undefined,
        claims: {
          sub: 'u2',
          email: 'root@example.com',
          email_verified: true,
          groups: ['wheel'],
          'roles#en': ['root'],
          password: 'x',
          updated_at: 1,
        },
      },
      standardScopes,
    );
    assert.deepEqual(claims, {
      preferred_username: 'alice',
      groups: [],
      roles: ['admin'],
      updated_at: 1_700_000_000,
    });
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
