/** Whose store it is: recorded once, and nobody else's from then on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { claimStore, requireOwnStore } from '../../src/storage/identity.ts';
import { openStore } from '../../src/storage/open.ts';
import { eachEngine, openFresh } from '../support/stores.ts';

const owner = { issuer: 'https://id.example', development: false };
const other = { issuer: 'https://other.example', development: false };
const development = { issuer: 'http://localhost:3000', development: true };

await eachEngine((stores) => {
  test('A store belongs to the first issuer that starts on it until another adopts it', async (t) => {
    const { documents } = await openFresh(t, stores);
    await assert.rejects(requireOwnStore(documents, owner), { code: 'not_applied_yet' });
    await claimStore(documents, owner);
    await claimStore(documents, owner);
    await requireOwnStore(documents, owner);
    for (const stranger of [other, development]) {
      await assert.rejects(claimStore(documents, stranger), { code: 'other_issuer' });
      await assert.rejects(requireOwnStore(documents, stranger), { code: 'other_issuer' });
    }
    await claimStore(documents, other, { adopt: true });
    await requireOwnStore(documents, other);
    await assert.rejects(requireOwnStore(documents, owner), { code: 'other_issuer' });
  });

  test('Exactly one of two issuers that start at once on a new store gets it', async (t) => {
    const { documents } = await openFresh(t, stores);
    const claims = [owner, other].map((one) => claimStore(documents, one));
    const ends = (await Promise.allSettled(claims)).map(({ status }) => status);
    assert.deepEqual(ends.toSorted(), ['fulfilled', 'rejected']);
  });

  test('A store of an earlier version without a recorded owner is accepted and gets one', async (t) => {
    const { documents } = await openFresh(t, stores);
    await documents.compareAndSet('signing_keys', 0, { algorithm: 'RS256', keys: [] });
    await requireOwnStore(documents, owner);
    await claimStore(documents, owner);
    await assert.rejects(requireOwnStore(documents, other), { code: 'other_issuer' });
  });

  test('Development mode may change its port, and its store never becomes a production store unasked', async (t) => {
    const { documents } = await openFresh(t, stores);
    await claimStore(documents, development);
    await claimStore(documents, { ...development, issuer: 'http://localhost:4000' });
    await requireOwnStore(documents, development);
    await assert.rejects(claimStore(documents, owner), { code: 'other_issuer' });
  });

  test('A store that must already exist is not created', async () => {
    const url = await stores.freshUrl();
    const open = () => openStore({ url, mustExist: true });
    for (const _attempt of [1, 2]) await assert.rejects(open(), { code: 'store_missing' });
    await (await openStore({ url })).close();
    await (await open()).close();
  });
});
