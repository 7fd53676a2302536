/**
 * Lists and counts of what a person and a client have: sessions, grants, token families.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { randomId } from '../../../src/digests.ts';
import type { LiveSelector } from '../../../src/storage/artifacts.ts';
import type { TestStores } from '../../support/stores.ts';
import { minute, now, sampleArtifact, sharedStore } from './samples.ts';

export function liveArtifactContract(stores: TestStores) {
  describe('Lists of sessions, grants and refresh tokens', () => {
    const { store } = sharedStore(stores);

    test('Sessions and grants of a person, and grants of a client, are listed newest first, in pages, without those that expired', async () => {
      const { artifacts } = store();
      const [accountId, clientId] = [randomId(), randomId()];
      const given = { accountId, clientId, expiresAt: now + minute };
      const sessions = Array.from({ length: 7 }, () =>
        sampleArtifact({ ...given, clientId: undefined, kind: 'Session', sessionUid: randomId() }),
      );
      const grants = Array.from({ length: 4 }, () =>
        sampleArtifact({ ...given, kind: 'Grant', grantId: randomId() }),
      );
      const others = [
        sampleArtifact({ ...given, kind: 'Session', expiresAt: now }),
        sampleArtifact({ ...given, kind: 'Grant', expiresAt: now }),
        sampleArtifact({ ...given, kind: 'Grant', accountId: randomId() }),
        sampleArtifact({ ...given, kind: 'Session', accountId: randomId() }),
        sampleArtifact({ ...given, kind: 'RefreshToken' }),
      ];
      for (const artifact of [...sessions, ...others, ...grants]) await artifacts.put(artifact);
      // Written again: it stays where it was.
      const [oldest] = sessions;
      assert.ok(oldest);
      await artifacts.put(oldest);
      const listed = async (selector: LiveSelector) => {
        const ids: string[] = [];
        let after: string | undefined;
        do {
          const page = await artifacts.list(selector, { after, limit: 3, now });
          ids.push(...page.items.map(({ id }) => id));
          after = page.next;
        } while (after !== undefined);
        return ids;
      };
      const ids = (all: { id: string }[]) => all.map(({ id }) => id).toReversed();
      assert.deepEqual(await listed({ kind: 'Session', accountId }), ids(sessions));
      assert.deepEqual(await listed({ kind: 'Grant', accountId }), ids(grants));
      assert.deepEqual(
        await listed({ kind: 'Grant', clientId }),
        ids([others[2] ?? oldest, ...grants]),
      );
      const [newest] = (await artifacts.list({ kind: 'Session', accountId }, { limit: 1, now }))
        .items;
      assert.deepEqual(newest, sessions.at(-1));
    });

    test('Counts go up to a bound, and of refresh tokens only those that were not spent are counted', async () => {
      const { artifacts } = store();
      const [accountId, clientId] = [randomId(), randomId()];
      const given = { accountId, clientId, kind: 'RefreshToken' };
      const [spent, ...tokens] = Array.from({ length: 5 }, () => sampleArtifact(given));
      assert.ok(spent);
      for (const token of [spent, ...tokens]) await artifacts.put(token);
      await artifacts.consume(spent.kind, spent.id, now);
      await artifacts.put(sampleArtifact({ ...given, expiresAt: now }));
      await artifacts.put(sampleArtifact({ ...given, kind: 'Grant' }));
      const count = (selector: LiveSelector, most = 99) => artifacts.count(selector, { most, now });
      assert.equal(await count({ kind: 'RefreshToken', clientId }), 4);
      assert.equal(await count({ kind: 'RefreshToken', clientId }, 3), 3);
      assert.equal(await count({ kind: 'Grant', clientId }), 1);
      assert.equal(await count({ kind: 'Grant', accountId }), 1);
      assert.equal(await count({ kind: 'Session', accountId }), 0);
      assert.equal(await artifacts.release(spent.kind, spent.id, now), true);
      assert.equal(await count({ kind: 'RefreshToken', clientId }), 5);
      const nobody = { $ne: '' } as unknown as string;
      await assert.rejects(async () => count({ kind: 'Grant', accountId: nobody }), TypeError);
    });
  });
}
