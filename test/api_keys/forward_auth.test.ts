import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createForwardAuth } from '../../src/api_keys/forward_auth.ts';
import { parseSettings } from '../../src/api_keys/forward_auth_settings.ts';
import { createApiRegistry } from '../../src/apis/registry.ts';
import { systemClock } from '../../src/clock.ts';
import { openStore } from '../../src/storage/open.ts';
import { onSqlite } from '../support/stores.ts';
import { createKeeper, createVerifier, declaration, orders } from './verifiers.ts';

onSqlite((stores) => {
  test('no token is handed over for a key that was revoked while the token was made', async () => {
    const store = await openStore({ url: await stores.freshUrl() });
    const keeper = createKeeper(store, systemClock);
    const project = await keeper.project();
    const { key, record } = await keeper.key({ projectId: project.id });
    let revokesMeanwhile = false;
    const { decide } = createForwardAuth({
      verification: createVerifier(store, { clock: systemClock }),
      accessTokens: { kindOf: () => undefined, read: async () => undefined },
      tokens: {
        async tokenFor() {
          if (revokesMeanwhile) await keeper.change(record.id, { revokedAt: Date.now() });
          return { token: 'made', isNew: true };
        },
      },
    });
    const apis = createApiRegistry(declaration.apis);
    const question = {
      settings: parseSettings(`api=${orders}&token=jwt`, { apis }),
      credential: { kind: 'api_key', value: key },
      ip: '203.0.113.7',
      isOfApi: false,
    } as const;

    const answer = await decide(question);
    assert.equal(answer.allowed && answer.authorization, 'Bearer made');
    revokesMeanwhile = true;
    const refused = await decide(question);
    assert.equal(refused.allowed, false);
    assert.equal(!refused.allowed && refused.reason, 'revoked');
    await store.close();
  });
});
