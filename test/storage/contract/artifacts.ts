/**
 * What the artifact store guarantees to one caller.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { randomId } from '../../../src/digests.ts';
import type { Artifact, ArtifactStore } from '../../../src/storage/artifacts.ts';
import type { TestStores } from '../../support/stores.ts';
import { minute, now, sampleArtifact, sharedStore } from './samples.ts';

const expired = now + minute;

export function artifactContract(stores: TestStores) {
  describe('Artifact storage', () => {
    const { store } = sharedStore(stores);

    test('An artifact is found as written, by its kind and id only', async () => {
      const artifact = sampleArtifact({
        grantId: 'g1',
        familyId: 'f1',
        accountId: 'a1',
        clientId: 'c1',
        sessionUid: 's1',
        alias: 'u1',
        consumedAt: now,
      });
      await store().artifacts.put(artifact);
      const { kind, id } = artifact;
      assert.deepEqual(await store().artifacts.find(kind, id, now), artifact);
      assert.equal(await store().artifacts.find('AccessToken', id, now), undefined);
      assert.equal(await store().artifacts.find(kind, randomId(), now), undefined);
    });

    test('An artifact without links is found as written', async () => {
      const artifact = sampleArtifact();
      await store().artifacts.put(artifact);
      assert.deepEqual(await store().artifacts.find(artifact.kind, artifact.id, now), artifact);
    });

    test('A second write replaces payload and expiry and keeps unnamed links', async () => {
      const first = sampleArtifact({ grantId: 'g', accountId: 'a', sessionUid: 's' });
      await store().artifacts.put(first);
      const second = sampleArtifact({
        id: first.id,
        payload: { changed: true },
        accountId: 'b',
        expiresAt: now + 2 * minute,
      });
      await store().artifacts.put(second);
      assert.deepEqual(await store().artifacts.find(first.kind, first.id, expired), {
        ...second,
        grantId: 'g',
        sessionUid: 's',
      });
    });

    test('A write never clears or moves the time at which an artifact was spent', async () => {
      const artifact = sampleArtifact();
      const { kind, id } = artifact;
      await store().artifacts.put(artifact);
      await store().artifacts.consume(kind, id, now);
      await store().artifacts.put(artifact);
      await store().artifacts.put({ ...artifact, consumedAt: now + 5 });
      assert.equal((await store().artifacts.find(kind, id, now))?.consumedAt, now);
      const again = await store().artifacts.consume(kind, id, now + 9);
      assert.deepEqual([again?.won, again?.consumedAt], [false, now]);
    });

    test('A write may mark an artifact as spent', async () => {
      const artifact = sampleArtifact();
      await store().artifacts.put(artifact);
      await store().artifacts.put({ ...artifact, consumedAt: now });
      const consumption = await store().artifacts.consume(artifact.kind, artifact.id, now + 1);
      assert.deepEqual([consumption?.won, consumption?.consumedAt], [false, now]);
    });

    test('A rewrite replaces the payload alone and does not revive an artifact that is gone', async () => {
      const { artifacts } = store();
      const artifact = sampleArtifact({ grantId: 'g', sessionUid: 's' });
      const { kind, id } = artifact;
      const rewrite = (payload: object, at = now) =>
        artifacts.rewrite({ kind, id, payload: { ...payload } }, at);
      assert.equal(await rewrite({}), false);
      assert.equal(await artifacts.find(kind, id, now), undefined);
      await artifacts.put(artifact);
      await artifacts.consume(kind, id, now);
      assert.equal(await rewrite({ changed: 1 }), true);
      const rewritten = { ...artifact, payload: { changed: 1 }, consumedAt: now };
      assert.deepEqual(await artifacts.find(kind, id, now), rewritten);
      assert.equal(await rewrite({ changed: 2 }, expired), false);
      assert.deepEqual(await artifacts.find(kind, id, now), rewritten);
      await artifacts.remove(kind, id);
      assert.equal(await rewrite({ changed: 3 }), false);
    });

    test('An expired artifact is never returned, purged or not', async () => {
      const { artifacts } = store();
      for (const { link, kind, find } of lookups(artifacts)) {
        const artifact = sampleArtifact({ kind, ...link(randomId()) });
        await artifacts.put(artifact);
        const reads = async (at: number) => [
          await artifacts.find(kind, artifact.id, at),
          await find(artifact, at),
        ];
        assert.deepEqual(await reads(expired - 1), [artifact, artifact]);
        assert.deepEqual(await reads(expired), [undefined, undefined]);
        assert.equal(await artifacts.consume(kind, artifact.id, expired), undefined);
      }
    });

    test('A lookup returns the newest of several artifacts, whatever is rewritten later', async () => {
      const { artifacts } = store();
      for (const { kind, link, find } of lookups(artifacts)) {
        const links = { kind, ...link(randomId()) };
        const [older, newer] = [sampleArtifact(links), sampleArtifact(links)];
        const foreign = sampleArtifact({ kind, ...link(randomId()) });
        const otherKind = sampleArtifact({ ...links, kind: 'RefreshToken' });
        for (const artifact of [older, newer, foreign, otherKind, older]) {
          await artifacts.put(artifact);
        }
        assert.deepEqual(await find(newer, now), newer);
      }
    });

    test('An insertion succeeds once, and a failed one changes nothing', async () => {
      const artifact = sampleArtifact({ grantId: 'g5' });
      const other = { ...artifact, payload: { other: true }, grantId: 'g6' };
      assert.equal(await store().artifacts.insert(artifact, now), true);
      assert.equal(await store().artifacts.insert(other, expired - 1), false);
      assert.deepEqual(await store().artifacts.find(artifact.kind, artifact.id, now), artifact);
    });

    test('An insertion replaces an expired artifact completely', async () => {
      const artifact = sampleArtifact({ grantId: 'g7', consumedAt: now });
      const next = sampleArtifact({ id: artifact.id, expiresAt: expired + minute });
      await store().artifacts.insert(artifact, now);
      assert.equal(await store().artifacts.insert(next, expired), true);
      assert.deepEqual(await store().artifacts.find(next.kind, next.id, expired), next);
    });

    test('Spending returns the artifact and, from the second time on, when it was spent', async () => {
      const artifact = sampleArtifact({ grantId: 'g8' });
      const { kind, id } = artifact;
      await store().artifacts.put(artifact);
      const spent = { consumedAt: now + 1, artifact: { ...artifact, consumedAt: now + 1 } };
      assert.deepEqual(await store().artifacts.consume(kind, id, now + 1), { won: true, ...spent });
      assert.deepEqual(await store().artifacts.consume(kind, id, now + 2), {
        won: false,
        ...spent,
      });
      assert.equal(await store().artifacts.consume(kind, randomId(), now), undefined);
    });

    test('Only the named consumption can be undone, after which the artifact can be spent again', async () => {
      const artifact = sampleArtifact();
      const { kind, id } = artifact;
      const { artifacts } = store();
      await artifacts.put(artifact);
      assert.equal(await artifacts.release(kind, id, now), false);
      await artifacts.consume(kind, id, now);
      assert.equal(await artifacts.release(kind, id, now + 1), false);
      assert.equal((await artifacts.consume(kind, id, now + 2))?.won, false);
      assert.equal(await artifacts.release(kind, id, now), true);
      assert.deepEqual(await artifacts.find(kind, id, now), artifact);
      assert.equal(await artifacts.release(kind, id, now), false);
      const spent = await Promise.all([1, 2, 3].map((n) => artifacts.consume(kind, id, now + n)));
      assert.equal(spent.filter((consumption) => consumption?.won).length, 1);
    });

    test('A confirmed consumption cannot be undone, and an unspent artifact cannot be confirmed', async () => {
      const artifact = sampleArtifact();
      const { kind, id } = artifact;
      const { artifacts } = store();
      await artifacts.put(artifact);
      assert.equal(await artifacts.keepSpent(kind, id), false);
      assert.equal((await artifacts.consume(kind, id, now))?.won, true);
      assert.equal(await artifacts.keepSpent(kind, id), true);
      assert.equal(await artifacts.release(kind, id, now), false);
      const after = await artifacts.consume(kind, id, now + 1);
      assert.deepEqual([after?.won, after?.consumedAt], [false, now - 1]);
      assert.equal(await artifacts.keepSpent(kind, randomId()), false);
    });

    test('A removed artifact is gone, and removing it again is not an error', async () => {
      const artifact = sampleArtifact();
      const { kind, id } = artifact;
      await store().artifacts.put(artifact);
      await store().artifacts.remove(kind, id);
      await store().artifacts.remove(kind, id);
      assert.equal(await store().artifacts.find(kind, id, now), undefined);
    });

    test('An artifact with the latest possible expiry is found and spent', async () => {
      const artifact = sampleArtifact({ expiresAt: 8.64e15 });
      await store().artifacts.put(artifact);
      assert.deepEqual(await store().artifacts.find(artifact.kind, artifact.id, now), artifact);
      assert.equal((await store().artifacts.consume(artifact.kind, artifact.id, now))?.won, true);
    });
  });
}

/** The lookups by a link, each of one kind. */
function lookups(artifacts: ArtifactStore) {
  const shared = { accountId: 'a', clientId: 'c' };
  return [
    {
      kind: 'Session',
      link: (name: string) => ({ ...shared, sessionUid: name }),
      find: ({ sessionUid = '' }: Artifact, at: number) => artifacts.findSession(sessionUid, at),
    },
    {
      kind: 'DeviceCode',
      link: (name: string) => ({ ...shared, alias: name }),
      find: ({ alias = '' }: Artifact, at: number) => artifacts.findDeviceCode(alias, at),
    },
    {
      kind: 'Grant',
      link: (name: string) => ({ ...shared, clientId: name }),
      find: ({ accountId = '', clientId = '' }: Artifact, at: number) =>
        artifacts.findGrant(accountId, clientId, at),
    },
  ];
}
