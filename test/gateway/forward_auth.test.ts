import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createApiRegistry } from '../../src/apis/room.ts';
import { systemClock } from '../../src/clock.ts';
import { createForwardAuth } from '../../src/gateway/decision.ts';
import { parseSettings } from '../../src/gateway/forward_auth_settings.ts';
import { openStore } from '../../src/storage/open.ts';
import { createKeeper, createVerifier, declaration, orders } from '../api_keys/verifiers.ts';
import { createShiftedClock } from '../support/clock.ts';
import { onSqlite } from '../support/stores.ts';

const question = (key: string) => {
  const apis = createApiRegistry(declaration.apis);
  return {
    settings: parseSettings(`api=${orders}&token=jwt`, { apis }),
    credential: { kind: 'api_key', value: key },
    ip: '203.0.113.7',
    isOfApi: false,
  } as const;
};
const accessTokens = { kindOf: () => undefined, read: async () => undefined };
const catchUp = async () => 0;

onSqlite((stores) => {
  test('No token is handed over for an API key that is revoked while the token is being issued', async () => {
    const store = await openStore({ url: await stores.freshUrl() });
    const keeper = createKeeper(store, systemClock);
    const project = await keeper.project();
    const { key, record } = await keeper.key({ projectId: project.id });
    let revokesMeanwhile = false;
    const { decide } = createForwardAuth({
      verification: createVerifier(store, { clock: systemClock }),
      ...{ accessTokens, catchUp, clock: systemClock },
      tokens: {
        async tokenFor() {
          if (revokesMeanwhile) await keeper.change(record.id, { revokedAt: Date.now() });
          return { token: 'made', isNew: true };
        },
      },
    });

    const answer = await decide(question(key));
    assert.equal(answer.allowed && answer.authorization, 'Bearer made');
    revokesMeanwhile = true;
    const refused = await decide(question(key));
    assert.equal(refused.allowed, false);
    assert.equal(!refused.allowed && refused.reason, 'revoked');
    await store.close();
  });

  test('An API key that expires before its token is issued is refused as expired', async () => {
    const store = await openStore({ url: await stores.freshUrl() });
    const clock = createShiftedClock();
    const keeper = createKeeper(store, clock);
    const project = await keeper.project();
    const expiresAt = clock.now() + 60_000;
    const { key } = await keeper.key({ projectId: project.id, expiresAt });
    const failure = new Error('no token');
    let endsMeanwhile = false;
    const { decide } = createForwardAuth({
      verification: createVerifier(store, { clock }),
      ...{ accessTokens, catchUp, clock },
      tokens: {
        async tokenFor() {
          if (endsMeanwhile) clock.forward(60_000);
          throw failure;
        },
      },
    });

    await assert.rejects(decide(question(key)), failure);
    endsMeanwhile = true;
    const refused = await decide(question(key));
    assert.equal(!refused.allowed && refused.reason, 'expired');
    await store.close();
  });
});
