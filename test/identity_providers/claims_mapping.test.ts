/** What of a provider's claims becomes part of a user, and what does not. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { mistypedClaims } from '../../src/config/schema/standard_claims.ts';
import { isVisibleText } from '../../src/definitions/names.ts';
import {
  type ClaimsMapping,
  claimAt,
  mapClaims,
} from '../../src/identity_providers/claims_mapping.ts';

const mapping: ClaimsMapping = {
  ...{ username: 'preferred_username', email: 'email' },
  claims: { name: 'name', department: 'org.unit', phone_number_verified: 'phone_ok' },
  groups: { claim: 'groups', values: { 'eng-all': 'engineering', 'eng-lead': 'engineering' } },
  roles: { claim: 'realm_access.roles', values: { 'shop-admin': 'admin' } },
};
const verified = ({ email_verified: isVerified }: Record<string, unknown>) => isVerified === true;
const map = (claims: Record<string, unknown>) => mapClaims(mapping, claims, verified);
const reasonsOf = (claims: Record<string, unknown>) =>
  map(claims).ignored.map(({ claim, reason }) => `${claim}: ${reason}`);

describe('the mapping of claims', () => {
  it('takes what it names, under our names and in normal form', () => {
    const mapped = map({
      ...{ preferred_username: 'Alice', email: 'Alice@Example.com', email_verified: true },
      ...{ name: 'Alice Adams', org: { unit: 'Research' }, phone_ok: true, sub: '1', secret: 'x' },
      groups: ['eng-all', 'eng-lead', 'sales'],
      realm_access: { roles: ['shop-admin', 'offline_access'] },
    });
    assert.deepEqual(mapped, {
      ...{ username: 'alice', email: 'alice@example.com', emailVerified: true },
      claims: { name: 'Alice Adams', department: 'Research', phone_number_verified: true },
      ...{ groups: ['engineering'], roles: ['admin'] },
      ignored: [
        { claim: 'groups', reason: 'not_mapped' },
        { claim: 'realm_access.roles', reason: 'not_mapped' },
      ],
    });
  });

  it('gives no role and no group that it does not name exactly', () => {
    const roles = ['owner', 'administrator', 'admin', 'SHOP-ADMIN', ' shop-admin', '__proto__'];
    const mapped = map({ roles, groups: ['engineering', 'constructor'], realm_access: { roles } });
    assert.deepEqual([mapped.roles, mapped.groups], [[], []]);
    assert.deepEqual(mapClaims({ ...mapping, roles: undefined }, { roles }, verified).roles, []);
  });

  it('takes a single value for a list of one', () => {
    assert.deepEqual(map({ groups: 'eng-all' }).groups, ['engineering']);
  });

  it('finds a claim whose own name has dots before it looks inside others', () => {
    const name = 'https://acme.example/roles';
    assert.deepEqual(claimAt({ [name]: ['a'] }, name), ['a']);
    assert.equal(claimAt({ 'a.b': 1, a: { b: 2 } }, 'a.b'), 1);
    assert.equal(claimAt({ a: { b: 2 } }, 'a.b'), 2);
    assert.equal(claimAt({ a: [{ b: 2 }] }, 'a.0.b'), undefined);
  });

  it('looks at no prototype', () => {
    assert.equal(claimAt({}, 'constructor'), undefined);
    assert.equal(claimAt({}, '__proto__.toString'), undefined);
    assert.equal(claimAt({ a: {} }, 'a.constructor.name'), undefined);
    const polluted = JSON.parse('{"__proto__":{"polluted":"yes"},"name":"Alice"}');
    map(polluted);
    assert.equal(({} as Record<string, unknown>).polluted, undefined);
  });

  it('calls an address verified only where the provider answers for it', () => {
    assert.equal(map({ email: 'alice@example.com' }).emailVerified, false);
    assert.equal(map({ email: 'alice@example.com', email_verified: 'true' }).emailVerified, false);
    assert.equal(map({ email: 'no address', email_verified: true }).emailVerified, false);
  });

  it('takes no verified address for another mailbox that only looks like it', () => {
    // A ligature, a Kelvin sign, a long s, a wide letter, and an @ that is none.
    for (const lookalike of ['\ufb01ona', 'fran\u212a', 'jame\u017f', '\uff41lice', 'x\uff20y']) {
      const claims = { email: `${lookalike}@mail.example`, email_verified: true };
      const { email, emailVerified } = map(claims);
      assert.deepEqual([email, emailVerified], [undefined, false], lookalike);
    }
    assert.deepEqual(reasonsOf({ email: '\ufb01ona@mail.example' }), ['email: another_address']);
    const own = map({ email: 'Zo\u00eb.B@MAIL.example', email_verified: true });
    assert.deepEqual([own.email, own.emailVerified], ['zo\u00eb.b@mail.example', true]);
  });

  it('takes a name that looks like an address only where that address is verified', () => {
    const claims = { preferred_username: 'ceo@acme.example', email: 'ceo@acme.example' };
    assert.equal(map(claims).username, undefined);
    assert.deepEqual(reasonsOf(claims), ['preferred_username: address_as_name']);
    assert.equal(map({ ...claims, email_verified: true }).username, 'ceo@acme.example');
    const others = { ...claims, email: 'mallory@evil.example', email_verified: true };
    assert.equal(map(others).username, undefined);
    // NFKC makes an @ of it.
    assert.equal(map({ preferred_username: 'ceo\uff20acme.example' }).username, undefined);
  });

  it('leaves out what is no text, too long, or not what it looks like', () => {
    assert.deepEqual(reasonsOf({ name: ['Alice'] }), ['name: not_text']);
    assert.deepEqual(reasonsOf({ name: { first: 'Alice' } }), ['name: not_text']);
    assert.deepEqual(reasonsOf({ name: 'x'.repeat(1001) }), ['name: too_long']);
    assert.deepEqual(reasonsOf({ name: 'Alice\u202eecilA' }), ['name: unsafe_characters']);
    assert.deepEqual(reasonsOf({ name: 'Alice\r\nBcc: x' }), ['name: unsafe_characters']);
    assert.deepEqual(reasonsOf({ name: true }), ['name: mistyped']);
    assert.deepEqual(reasonsOf({ phone_ok: 'yes' }), ['phone_ok: mistyped']);
    assert.deepEqual(reasonsOf({ email: 'a@b.example, c@d.example' }), ['email: not_an_address']);
    assert.deepEqual(reasonsOf({ preferred_username: '\u200balice' }), [
      'preferred_username: unsafe_characters',
    ]);
    // One character becomes eighteen in normal form.
    assert.deepEqual(reasonsOf({ preferred_username: '\ufdfa'.repeat(200) }), [
      'preferred_username: too_long',
    ]);
  });

  it('looks at a thousand memberships and keeps fifty reasons', () => {
    const groups = [...Array.from({ length: 1000 }, (_, index) => `g${index}`), 'eng-all'];
    const mapped = map({ groups });
    assert.deepEqual(mapped.groups, []);
    assert.equal(mapped.ignored.length, 50);
    assert.equal(mapped.ignored[0]?.reason, 'too_many');
  });

  it('holds to its bounds whatever a provider sends', () => {
    const names = fc.constantFrom(...['preferred_username', 'email', 'name', 'org', 'phone_ok']);
    const keys = fc.oneof(names, fc.constantFrom('groups', 'realm_access', '__proto__'));
    const values = fc.oneof(
      fc.jsonValue({ maxDepth: 4 }),
      fc.string({ unit: 'binary', maxLength: 1200 }),
      fc.array(fc.constantFrom('eng-all', 'owner', 'shop-admin'), { maxLength: 40 }),
      fc.record({ roles: fc.array(fc.constantFrom('shop-admin', 'owner', '')) }),
      fc.record({ unit: fc.string({ unit: 'binary' }) }),
    );
    fc.assert(
      fc.property(fc.dictionary(keys, values), (claims) => {
        const { username, email, claims: own, groups, roles, ignored } = map(claims);
        for (const text of [username, email].filter((name) => name !== undefined)) {
          assert.ok(text !== '' && text.length <= 254 && isVisibleText(text));
        }
        for (const value of Object.values(own)) {
          assert.ok(typeof value !== 'string' || (value.length <= 1000 && isVisibleText(value)));
          assert.ok(typeof value !== 'object');
        }
        assert.deepEqual(mistypedClaims(own), []);
        assert.ok(groups.every((group) => group === 'engineering'));
        assert.ok(roles.every((role) => role === 'admin'));
        assert.ok(ignored.length <= 50);
      }),
      { numRuns: 500 },
    );
  });
});
