/** Remembered verdicts about JWTs: no second look at one that nothing ends, and no kill switch that the next read misses. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMarkerWatch } from '../../src/caching/marker_watch.ts';
import { openStore } from '../../src/storage/open.ts';
import type { ReadAccessToken } from '../../src/tokens/access/access_token_reader.ts';
import { createRememberedTokens } from '../../src/tokens/access/remembered_tokens.ts';
import {
  createRevocations,
  type RevocationTarget,
  type TokenLinks,
} from '../../src/tokens/revocation/revocations.ts';
import { createMovableClock } from '../support/rooms.ts';
import { eachEngine } from '../support/stores.ts';

const token = 'e30.e30.c2ln';
const lifetimeMs = 600_000;
const soon = Date.now() + lifetimeMs;

const switches: Record<string, RevocationTarget> = {
  'the token': { token: 'jti', expiresAt: soon },
  'its family': { familyId: 'consent.code' },
  'its grant': { grantId: 'consent' },
  'its session at the client': { session: 'session' },
  'its client': { clientId: 'app' },
  'its user': { accountId: 'alice' },
  'its API': { api: 'https://orders.example' },
  'its signing key': { keyId: 'kid' },
  'an API key that it was exchanged for': { apiKey: 'key_1' },
  'what was exchanged for that key': { tokensOfApiKey: 'key_1' },
  'what was exchanged for keys of a project': { tokensOfProject: 'prj_1' },
  'the keys of that project': { keysOfProject: 'prj_1' },
  'a token that it was exchanged for': { token: 'origin', expiresAt: soon },
  everything: { everything: true },
  'everything before a time': { everything: true, before: Number.MAX_SAFE_INTEGER },
};
const others: RevocationTarget[] = [
  { token: 'other', expiresAt: soon },
  ...[{ familyId: 'consent.other' }, { grantId: 'other' }, { session: 'other' }],
  ...[{ clientId: 'other' }, { accountId: 'bob' }, { api: 'https://notes.example' }],
  ...[{ keyId: 'other' }, { apiKey: 'key_2' }, { keysOfProject: 'prj_2' }],
];

await eachEngine((stores) => {
  /** One process that remembers tokens, and another that revokes. */
  async function setUp(t: { after(end: () => Promise<void>): void }) {
    const clock = createMovableClock(Date.now());
    const url = await stores.freshUrl();
    const [mine, theirs] = [await openStore({ url }), await openStore({ url })];
    t.after(async () => {
      await Promise.all([mine.close(), theirs.close()]);
    });
    const seen = createRevocations({ markers: mine.revocations, artifacts: mine.artifacts, clock });
    const elsewhere = createRevocations({
      ...{ markers: theirs.revocations, artifacts: theirs.artifacts, clock },
    });
    const read = await createReading({ asOf: await elsewhere.sequence(), issuedAt: clock.now() });
    let looks = 0;
    const meanwhile = { afterLook: async () => {} };
    const watch = createMarkerWatch({ markers: mine.revocations, clock });
    const remembered = createRememberedTokens({
      reader: {
        async read() {
          looks += 1;
          const isRevoked = await seen.isRevoked(read.links);
          await meanwhile.afterLook();
          return isRevoked ? undefined : read;
        },
        explain: async () => undefined,
      },
      ...{ watch, clock },
    });
    return { remembered, read, watch, clock, elsewhere, meanwhile, looks: () => looks };
  }

  test('A token is looked at once, whatever else is revoked', async (t) => {
    const { remembered, watch, elsewhere, looks } = await setUp(t);
    assert.ok(await remembered.read(token));
    for (const target of others) {
      await elsewhere.mark(target);
      assert.ok(await remembered.read(token));
      assert.ok(await remembered.read(token, await watch.catchUp()));
    }
    assert.equal(looks(), 1);
  });

  for (const [what, target] of Object.entries(switches)) {
    test(`The next request on another process refuses a remembered token after the revocation of ${what}`, async (t) => {
      const { remembered, elsewhere, looks } = await setUp(t);
      for (let time = 0; time < 3; time += 1) assert.ok(await remembered.read(token));
      assert.equal(looks(), 1);
      await elsewhere.mark(target);
      assert.equal(await remembered.read(token), undefined);
      assert.equal(await remembered.read(token), undefined);
    });
  }

  for (const [what, target] of Object.entries(switches)) {
    test(`A look that was under way during the revocation of ${what} is nothing to remember`, async (t) => {
      const { remembered, watch, elsewhere, meanwhile } = await setUp(t);
      meanwhile.afterLook = async () => {
        await elsewhere.mark(target);
        // Another request of this process has heard of it.
        await watch.catchUp();
      };
      await remembered.read(token);
      meanwhile.afterLook = async () => {};
      assert.equal(await remembered.read(token), undefined);
    });
  }

  test('A token is not remembered beyond its expiry, nor beyond that of its grant', async (t) => {
    const { remembered, read, clock, looks } = await setUp(t);
    const { exp } = read.claims;
    await remembered.read(token);
    read.claims.exp = Math.floor(clock.now() / 1000);
    await remembered.read(token);
    assert.equal(looks(), 2);
    read.claims.exp = exp;
    read.grant = { id: 'consent', clientId: 'app', expiresAt: clock.now() + 1000 };
    await remembered.read(token);
    assert.equal(looks(), 2);
    clock.advance(1000);
    await remembered.read(token);
    assert.equal(looks(), 3);
  });

  test('A token is looked at again after a minute', async (t) => {
    const { remembered, clock, looks } = await setUp(t);
    await remembered.read(token);
    clock.advance(60_001);
    await remembered.read(token);
    assert.equal(looks(), 2);
  });
});

function createReading(issued: { asOf: number; issuedAt: number }): ReadAccessToken {
  const links: TokenLinks = {
    ...{ jti: 'jti', familyId: 'consent.code', grantId: 'consent', session: 'session' },
    ...{ clientId: 'app', accountId: 'alice', api: 'https://orders.example', keyId: 'kid' },
    derivedFrom: ['api_key:key_1', 'api_key_tokens:key_1', 'project_tokens:prj_1', 'token:origin'],
    ...issued,
  };
  const iat = Math.floor(issued.issuedAt / 1000);
  return {
    claims: {
      ...{ iss: 'https://issuer.example', sub: 'alice', aud: 'https://orders.example' },
      ...{ iat, exp: iat + lifetimeMs / 1000, jti: 'jti', client_id: 'app' },
    },
    ...{ accountId: 'alice', grant: undefined, status: undefined },
    links,
  };
}
