/** The table of record kinds against the library and the store. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Provider } from 'oidc-provider';
import { kinds, kindsWhere } from '../../src/oidc/records/kinds.ts';
import { indexedKinds } from '../../src/storage/artifacts.ts';

/** Models of features that are off, and such as have no records of this table. */
const without = [
  ...['BackchannelAuthenticationRequest', 'PreAuthorizedCode'],
  ...['Client', 'IdToken', 'BaseToken', 'OIDCContext', 'Claims', 'ResourceServer'],
];

describe('Table of record kinds', () => {
  test('Each model that the library can store has a row in the table of record kinds', () => {
    const { prototype } = Provider;
    const models = Object.entries(Object.getOwnPropertyDescriptors(prototype))
      .filter(([name, { get }]) => get && /^[A-Z]/.test(name))
      .map(([name]) => name);
    const stored = models.filter((name) => !without.includes(name));
    assert.deepEqual(Object.keys(kinds).sort(), stored.sort());
  });

  test('Each lookup in the table of record kinds has an index in the store', () => {
    for (const [lookup, kind] of Object.entries(indexedKinds)) {
      assert.deepEqual(
        kindsWhere(({ stored }) => stored.lookup === lookup),
        [kind],
      );
    }
  });
});
