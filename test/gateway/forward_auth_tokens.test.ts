import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ValidVerdict } from '../../src/api_keys/room.ts';
import { createKeyTokens } from '../../src/gateway/exchanged_tokens.ts';

const verdictOf = (members: Partial<ValidVerdict['record']> = {}): ValidVerdict => ({
  valid: true,
  record: {
    ...{ id: 'key_1', hash: '', display: { start: '', end: '' }, lineage: 'key_1', name: 'ci' },
    ...{ api: 'https://orders.example', scopes: ['orders:read'], environment: 'live' },
    ...{ allowIps: [], metadata: {}, createdBy: 'operator', createdAt: 0, updatedAt: 0 },
    version: 1,
    ...members,
  },
  scopes: members.scopes ?? ['orders:read'],
  tier: undefined,
});

function createFixture() {
  let now = 1_800_000_000_000;
  const clock = {
    now: () => now,
    advance: (ms: number) => {
      now += ms;
    },
  };
  const state = { issued: 0, sequence: 1, alive: true, looks: 0 };
  const tokens = createKeyTokens({
    issue: async () => {
      state.issued += 1;
      return { token: `token ${state.issued}`, expiresIn: 600 };
    },
    isAlive: async () => {
      state.looks += 1;
      return state.alive;
    },
    clock,
  });
  const tokenFor = (verdict: ValidVerdict) => tokens.tokenFor(verdict, state.sequence);
  return { clock, state, tokenFor };
}

test("One token serves an API key for half of the token's lifetime, including concurrent requests", async () => {
  const { clock, state, tokenFor } = createFixture();
  const first = await Promise.all(Array.from({ length: 10 }, () => tokenFor(verdictOf())));
  assert.equal(state.issued, 1);
  assert.ok(first.every(({ token, isNew }) => token === 'token 1' && isNew));
  clock.advance(299_999);
  assert.deepEqual(await tokenFor(verdictOf()), { token: 'token 1', isNew: false });
  clock.advance(1);
  assert.deepEqual(await tokenFor(verdictOf()), { token: 'token 2', isNew: true });
});

test('A cached token is checked again after each revocation, and only then', async () => {
  const { state, tokenFor } = createFixture();
  await tokenFor(verdictOf());
  await tokenFor(verdictOf());
  assert.equal(state.looks, 0);
  state.sequence += 1;
  assert.equal((await tokenFor(verdictOf())).isNew, false);
  await tokenFor(verdictOf());
  assert.equal(state.looks, 1);
  state.sequence += 1;
  state.alive = false;
  assert.deepEqual(await tokenFor(verdictOf()), { token: 'token 2', isNew: true });
});

test('A changed API key, and a different one, each get a new token', async () => {
  const { state, tokenFor } = createFixture();
  await tokenFor(verdictOf());
  await tokenFor(verdictOf({ version: 2 }));
  await tokenFor(verdictOf({ version: 2, scopes: [] }));
  await tokenFor(verdictOf({ id: 'key_2' }));
  assert.equal(state.issued, 4);
});

test('A failed exchange is not cached', async () => {
  const { clock } = createFixture();
  let tries = 0;
  const { tokenFor } = createKeyTokens({
    issue: async () => {
      tries += 1;
      if (tries === 1) throw new Error('no');
      return { token: 'token', expiresIn: 600 };
    },
    isAlive: async () => true,
    clock,
  });
  await assert.rejects(tokenFor(verdictOf(), 1));
  assert.equal((await tokenFor(verdictOf(), 1)).token, 'token');
});
