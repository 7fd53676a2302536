/**
 * Search by words: what begins with them is found, however it is written, and only that.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { randomId } from '../../../src/digests.ts';
import { searchKinds } from '../../../src/storage/listing.ts';
import type { SearchStore } from '../../../src/storage/search.ts';
import type { TestStores } from '../../support/stores.ts';
import {
  minute,
  now,
  openAll,
  sampleApiKey,
  sampleClient,
  sampleProject,
  sampleUser,
  sharedStore,
} from './samples.ts';

/** A word that nothing else in the store has. */
const newWord = () =>
  `w${randomId()
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')}`;

export function searchContract(stores: TestStores) {
  describe('Search by words', () => {
    const { store } = sharedStore(stores);
    const idsOf = async (text: string, kinds: readonly (typeof searchKinds)[number][]) => {
      const { items } = await store().search.find({ text, kinds, limit: 20 });
      return items.map(({ record }) => ('clientId' in record ? record.clientId : record.id));
    };

    test('A user is found by the beginnings of words of username, email, names and id, in any case and without accents', async () => {
      const word = newWord();
      const user = sampleUser({
        username: `Åsa.${word}`,
        email: `asa+x@${word}.example`,
        claims: { name: `Élodie ${word} O’Brien-Großmann "q\\u"`, given_name: 'ﬁona', age: 4 },
      });
      await store().users.create(user);
      await store().users.create(sampleUser({ claims: { name: `${word} Other` } }));
      const found = [
        `asa ${word}`,
        `ASA.${word.toUpperCase()}`,
        `asa+x@${word}`,
        `asa ${word}.exam`,
        `elo ${word}`,
        `E\u0301LODIE ${word}`,
        `${word} obrien`.replace('obrien', 'o’brien'),
        `brien ${word}`,
        `grossmann ${word}`,
        `fio ${word.slice(0, -1)}`,
        `${word} "q\\u`,
        `"q\\u" ${word}`,
        `u ${word} elodie`,
        user.id,
      ];
      for (const text of found) assert.deepEqual(await idsOf(text, ['user']), [user.id], text);
      for (const text of [
        `asa x${word}`,
        `sa ${word}`,
        `odie ${word}`,
        `asa bert ${word}`,
        `\\u ${word}`,
      ]) {
        assert.deepEqual(await idsOf(text, ['user']), [], text);
      }
      assert.equal((await idsOf(word, ['user'])).length, 2);
      assert.deepEqual(await idsOf(word, ['client', 'project']), []);
    });

    test('Clients, projects and API keys are found by their names and ids, together or by kind', async () => {
      const { clients, projects, apiKeys, users } = store();
      const word = newWord();
      const client = sampleClient({
        clientId: `https://${word}.example/client`,
        metadata: { client_name: `The ${word} shop` },
      });
      const project = sampleProject({ name: `Team ${word}` });
      const key = sampleApiKey({
        name: `nightly ${word}`,
        display: { start: 'wxyz_liv', end: '9' },
      });
      await clients.create(client);
      await projects.create(project);
      await apiKeys.create(key);
      await users.create(sampleUser({ username: word }));
      assert.equal((await idsOf(word, searchKinds)).length, 4);
      assert.deepEqual(await idsOf(`shop ${word}`, searchKinds), [client.clientId]);
      assert.deepEqual(await idsOf(client.clientId, searchKinds), [client.clientId]);
      assert.deepEqual(await idsOf(`team ${word}`, searchKinds), [project.id]);
      assert.deepEqual(await idsOf(project.id, searchKinds), [project.id]);
      assert.deepEqual(await idsOf(`${word} nigh`, searchKinds), [key.id]);
      assert.deepEqual(await idsOf(`wxyz_liv ${word}`, searchKinds), [key.id]);
      assert.deepEqual(await idsOf(key.id, ['api_key']), [key.id]);
      assert.deepEqual(await idsOf(' \t ', searchKinds), []);
    });

    test('A record is found by the words that it has now, and no longer when it is removed', async () => {
      const { users, clients, apiKeys } = store();
      const [before, after] = [newWord(), newWord()];
      const user = sampleUser({ username: before });
      await users.create(user);
      assert.ok(await users.update({ ...user, username: after, version: 2 }));
      assert.deepEqual(await idsOf(before, ['user']), []);
      assert.deepEqual(await idsOf(after, ['user']), [user.id]);
      // Back again: what was removed late must not take it away.
      assert.ok(await users.update({ ...user, username: before, version: 3 }));
      assert.deepEqual(await idsOf(before, ['user']), [user.id]);
      assert.equal(await users.update({ ...user, username: after, version: 3 }), false);
      assert.deepEqual(await idsOf(after, ['user']), []);
      await users.remove(user.id);
      assert.deepEqual(await idsOf(before, ['user']), []);

      const client = sampleClient({ clientId: newWord() });
      await clients.create(client);
      await clients.remove(client.clientId);
      assert.deepEqual(await idsOf(client.clientId, ['client']), []);
      await clients.create(client);
      assert.deepEqual(await idsOf(client.clientId, ['client']), [client.clientId]);
      const key = sampleApiKey({ name: before });
      await apiKeys.create(key);
      assert.ok(await apiKeys.update({ ...key, name: after, revokedAt: now, version: 2 }));
      assert.deepEqual(await idsOf(before, ['api_key']), []);
      assert.deepEqual(await idsOf(after, ['api_key']), [key.id]);
      await apiKeys.remove(key.id);
      assert.deepEqual(await idsOf(after, ['api_key']), []);
    });

    test('What is refused is not found, and what refused it still is', async () => {
      const { users } = store();
      const [taken, word] = [newWord(), newWord()];
      const user = sampleUser({ username: taken });
      await users.create(user);
      const attempts = Array.from({ length: 6 }, () =>
        users.create(sampleUser({ username: taken, claims: { name: word } })),
      );
      for (const { status } of await Promise.allSettled(attempts)) assert.equal(status, 'rejected');
      assert.deepEqual(await idsOf(word, ['user']), []);
      assert.deepEqual(await idsOf(taken, ['user']), [user.id]);
    });

    test('Whoever of several changes a record at once wins, it is found by all of its words and by no other', async () => {
      const { users } = store();
      for (let round = 0; round < 4; round += 1) {
        const words = Array.from({ length: 6 }, newWord);
        const user = sampleUser();
        await users.create(user);
        await Promise.all(
          words.map((name) => users.update({ ...user, claims: { name }, version: 2 })),
        );
        const winner = (await users.find(user.id))?.claims.name;
        for (const word of words) {
          assert.deepEqual(await idsOf(word, ['user']), word === winner ? [user.id] : []);
        }
      }
    });

    test('A list by words goes on from page to page, has each record once, and keeps to its other conditions', async (t) => {
      const [fresh] = await openAll(t, { url: await stores.freshUrl(), count: 1 });
      assert.ok(fresh);
      const { users } = fresh;
      // Each has several words that begin with `an`.
      const all = Array.from({ length: 25 }, (_, index) =>
        sampleUser({
          username: `anna${index}`,
          email: `andy${index}@example.com`,
          claims: { name: `An ${index % 2 === 0 ? 'even' : 'odd'} Antonia` },
          groups: index % 5 === 0 ? ['five'] : [],
        }),
      );
      await Promise.all(all.map((user) => users.create(user)));
      const pagesOf = async (options: { text: string; group?: string }) => {
        const names: string[] = [];
        let after: string | undefined;
        do {
          const page = await users.list({ ...options, after, limit: 4 });
          names.push(...page.items.map(({ username }) => username));
          after = page.next;
        } while (after !== undefined);
        return names.sort();
      };
      const named = (matches: (index: number) => boolean) =>
        all
          .filter((_, index) => matches(index))
          .map(({ username }) => username)
          .sort();
      assert.deepEqual(
        await pagesOf({ text: 'an' }),
        named(() => true),
      );
      assert.deepEqual(
        await pagesOf({ text: 'odd an' }),
        named((index) => index % 2 === 1),
      );
      assert.deepEqual(
        await pagesOf({ text: 'an eve' }),
        named((index) => index % 2 === 0),
      );
      assert.deepEqual(
        await pagesOf({ text: 'an', group: 'five' }),
        named((n) => n % 5 === 0),
      );
      assert.deepEqual(
        await pagesOf({ text: 'even', group: 'five' }),
        named((n) => n % 10 === 0),
      );
    });

    test('Filling in the words again, in parts, changes nothing that is found', async (t) => {
      const [fresh] = await openAll(t, { url: await stores.freshUrl(), count: 1 });
      assert.ok(fresh);
      const { users, search } = fresh;
      const all = Array.from({ length: 7 }, (_, index) =>
        sampleUser({ username: `filled${index}` }),
      );
      for (const user of all) await users.create(user);
      const client = sampleClient({ clientId: 'filled', expiresAt: now + minute });
      await fresh.clients.create(client);
      assert.deepEqual(await fillAll(search), [7, 1, 0, 0]);
      const { items } = await search.find({ text: 'filled', kinds: searchKinds, limit: 20 });
      assert.equal(items.length, 8);
    });
  });
}

/** How many records of each kind were looked at. */
async function fillAll(search: SearchStore): Promise<number[]> {
  const counts: number[] = [];
  for (const kind of searchKinds) {
    let count = 0;
    let after: string | undefined = '';
    do {
      const part: Awaited<ReturnType<SearchStore['fill']>> = await search.fill({
        ...{ kind, after, limit: 3 },
      });
      count += part.lookedAt;
      after = part.last;
    } while (after !== undefined);
    counts.push(count);
  }
  return counts;
}
