/** Each gateway that is installed here, in front of an API and with Cardea beside it. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { failuresOf } from '../../support/flows.ts';
import { type GatewayKind, gatewayKinds, startBackend } from '../../support/gateways.ts';
import { sharedScene } from '../../support/scenes.ts';
import { startTestServer } from '../../support/server.ts';
import { onSqlite } from '../../support/stores.ts';
import { openKeeper } from '../api_keys/keys.ts';
import { declaration } from './gateway_configuration.ts';

/** Defines the same tests once for each. */
export function behindEachGateway(
  define: (scene: () => Awaited<ReturnType<typeof openScene>>, kind: GatewayKind) => void,
): void {
  for (const kind of gatewayKinds) {
    describe(`Forward-auth behind ${kind.name}`, () => {
      if (!kind.isHere()) {
        test(`The missing gateway ${kind.name} is reported`, (t) => {
          t.diagnostic(`${kind.name} is not installed here: its configuration was not run`);
        });
        return;
      }
      onSqlite((stores) =>
        define(
          sharedScene(stores, (url) => openScene(url, kind)),
          kind,
        ),
      );
    });
  }
}

async function openScene(url: string, kind: GatewayKind) {
  const cardea = await startTestServer({ store: url, declaration, trustedProxies: '127.0.0.1' });
  const keeper = await openKeeper(url);
  const backend = await startBackend();
  const gateway = await kind.start({
    ports: { cardea: portOf(cardea.url), backend: backend.port },
  });
  return {
    ...{ cardea, keeper, backend, gateway, newKey: keeper.newKey },
    async close(): Promise<void> {
      await gateway.close();
      await Promise.all([backend.close(), cardea.close()]);
      await keeper.store.close();
      assert.deepEqual(failuresOf(cardea.logged()), []);
    },
  };
}

export function portOf(url: string): number {
  return Number(new URL(url).port);
}
