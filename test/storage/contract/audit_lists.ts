/**
 * What lists of audit events, the register of chains, and events of changes guarantee.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { AuditEvent, AuditSearch, AuditTarget } from '../../../src/storage/audit_events.ts';
import {
  type ContractStores,
  now,
  openAll,
  sampleApi,
  sampleApiKey,
  sampleAuthenticators,
  sampleChain,
  sampleClient,
  sampleEvent,
  sampleGroup,
  sampleProject,
  sampleUser,
} from './samples.ts';

export function auditListContract(stores: ContractStores) {
  describe('Lists of audit events', () => {
    test('Audit events are found by each of what they name, and by all of it together', async (t) => {
      const [store] = await openAll(t, { url: await stores.freshUrl(), count: 1 });
      assert.ok(store);
      const target: AuditTarget = { kind: 'user', id: 'bert' };
      const meant = sampleEvent({ id: 'meant', at: now, actor: 'operator', target });
      const others = [
        sampleEvent({ at: now + 1, actor: 'operator', target: { kind: 'client', id: 'bert' } }),
        sampleEvent({ at: now + 2, target }),
        sampleEvent({ at: now + 3, actor: 'file' }),
      ];
      await store.audit.append([meant, ...others]);
      const found = async (filter: Partial<AuditSearch>) => {
        const { events, next } = await store.audit.search({ limit: 9, ...filter });
        assert.equal(next, undefined);
        return events.map(({ at }) => at - now);
      };
      assert.deepEqual(await found({}), [3, 2, 1, 0]);
      assert.deepEqual(await found({ actor: 'operator' }), [1, 0]);
      assert.deepEqual(await found({ target }), [2, 0]);
      assert.deepEqual(await found({ requestId: meant.requestId }), [0]);
      assert.deepEqual(await found({ actor: 'operator', target, userId: 'alice' }), [0]);
      assert.deepEqual(await found({ from: now + 1, before: now + 3 }), [2, 1]);
      assert.deepEqual(await found({ target, from: now + 1 }), [2]);
      assert.deepEqual(
        (await store.audit.list({ limit: 9, target })).map(({ at }) => at - now),
        [2, 0],
      );
    });

    test('A search for what is rare looks at a bounded number of events, and goes on where it stopped', async (t) => {
      const [store] = await openAll(t, { url: await stores.freshUrl(), count: 1 });
      assert.ok(store);
      // Both are common: those of the client come first, and one of them is of the type.
      const events = Array.from({ length: 3200 }, (_, index) =>
        sampleEvent({
          at: now + index,
          clientId: index < 600 ? 'till' : 'shop',
          ...((index < 600 || index === 700) && { type: 'sign_out' }),
        }),
      );
      for (let from = 0; from < events.length; from += 500) {
        await store.audit.append(events.slice(from, from + 500));
      }
      const rare = { type: 'sign_out', clientId: 'shop', limit: 2 };
      const first = await store.audit.search(rare);
      assert.deepEqual(first.events, []);
      assert.equal(first.next?.at, now + 1200);
      const { at: before, id: beforeId } = first.next;
      const second = await store.audit.search({ ...rare, before, beforeId });
      assert.deepEqual([second.events.map(({ at }) => at), second.next], [[now + 700], undefined]);
      const page = await store.audit.search({ clientId: 'shop', limit: 2 });
      assert.deepEqual(page.next, { at: now + 3198, id: events[3198]?.id });
    });

    test('A search goes by the condition that the fewest events meet, so that what is rare is found at once', async (t) => {
      const [store] = await openAll(t, { url: await stores.freshUrl(), count: 1 });
      assert.ok(store);
      const events = Array.from({ length: 2600 }, (_, index) =>
        sampleEvent({ at: now + index, ...(index === 3 && { type: 'sign_out' }) }),
      );
      for (let from = 0; from < events.length; from += 500) {
        await store.audit.append(events.slice(from, from + 500));
      }
      const found = await store.audit.search({ type: 'sign_out', clientId: 'shop', limit: 2 });
      assert.deepEqual([found.events.map(({ at }) => at), found.next], [[now + 3], undefined]);
      const none = await store.audit.search({
        type: 'consent.granted',
        clientId: 'shop',
        limit: 2,
      });
      assert.deepEqual(none, { events: [] });
      const beyond = { type: 'sign_out', clientId: 'shop', from: now + 4, limit: 2 };
      assert.deepEqual(await store.audit.search(beyond), { events: [] });
    });

    test('A walk shows every audit event once, oldest first, and which are not stored under what they say', async (t) => {
      const [store] = await openAll(t, { url: await stores.freshUrl(), count: 1 });
      assert.ok(store);
      const ids = ['e', 'd', 'c', 'b', 'a'];
      await store.audit.append(ids.map((id, index) => sampleEvent({ id, at: now + (index >> 1) })));
      const seen: string[] = [];
      for (let after: { at: number; id: string } | undefined; ; ) {
        const page = await store.audit.walk({ after, limit: 2 });
        seen.push(...page.map(({ id }) => id));
        assert.ok(page.every(({ isFiledRight, event, id }) => isFiledRight && event?.id === id));
        if (page.length === 0) break;
        after = page.at(-1);
      }
      assert.deepEqual(seen, ['d', 'e', 'b', 'c', 'a']);
    });
  });

  describe('The register of audit chains', () => {
    test('Of several that take one position one gets it, and a chain only ever advances', async (t) => {
      const url = await stores.freshUrl();
      const opened = await openAll(t, { url, count: 4 });
      const taken = await Promise.all(
        opened.map(({ auditChains }, index) => auditChains.add(sampleChain({ id: `c${index}` }))),
      );
      assert.equal(taken.filter(Boolean).length, 1);
      const [{ auditChains } = assert.fail()] = opened;
      const first = await auditChains.newest();
      assert.ok(first);
      assert.equal(await auditChains.add({ ...first, position: 2 }), false);
      assert.equal(await auditChains.advance({ ...first, number: 7 }), true);
      assert.equal(await auditChains.advance({ ...first, number: 6 }), false);
      assert.equal(await auditChains.advance(sampleChain({ id: 'unknown' })), false);
      await auditChains.add(sampleChain({ id: 'second', position: 2 }));
      await auditChains.add(sampleChain({ id: 'third', position: 3 }));
      assert.equal((await auditChains.newest())?.id, 'third');
      assert.deepEqual(
        (await auditChains.list({ after: 0, limit: 2 })).map(({ position, number }) => [
          ...[position, number],
        ]),
        [
          [1, 7],
          [2, 0],
        ],
      );
      assert.equal(await auditChains.removeBefore(3, 1), 1);
      assert.equal(await auditChains.removeBefore(3, 9), 1);
      assert.deepEqual(
        (await auditChains.list({ limit: 9 })).map(({ id }) => id),
        ['third'],
      );
    });
  });

  describe('Events of changes', () => {
    test('A change keeps its event with it until that is settled, also under later changes, and not if it was not made', async (t) => {
      const [store] = await openAll(t, { url: await stores.freshUrl(), count: 1 });
      assert.ok(store);
      const { apis, authenticators, clients, users, projects, apiKeys } = store;
      const { groups, documents, audit } = store;
      let at = now;
      const about = (kind: AuditTarget['kind'], id: string): AuditEvent => {
        at += 1;
        return JSON.parse(JSON.stringify(sampleEvent({ at, target: { kind, id } })));
      };
      const client = sampleClient();
      const [user, project, key] = [sampleUser(), sampleProject(), sampleApiKey()];
      const [api, group, ways] = [sampleApi(), sampleGroup(), sampleAuthenticators()];
      const kept = [
        about('client', client.clientId),
        about('client', client.clientId),
        about('user', user.id),
        about('project', project.id),
        about('api_key', key.id),
        about('project', project.id),
        about('api', api.identifier),
        about('api', api.identifier),
        about('api', api.identifier),
        about('group', group.name),
        about('group', group.name),
        about('group', group.name),
        about('signing_key', 'k1'),
        about('signing_key', 'k2'),
        about('signing_key', 'k2'),
        about('settings', 'settings'),
        about('operator', user.id),
        about('webhook', 'w'),
        about('tier', 'pro'),
        about('authenticators', ways.userId),
        about('authenticators', ways.userId),
      ];
      await clients.create(client, kept[0]);
      assert.ok(await clients.update({ ...client, version: 2 }, kept[1]));
      assert.ok(await clients.update({ ...client, version: 3 }));
      await users.create(user, kept[2]);
      await projects.create(project, kept[3]);
      await apiKeys.create(key, kept[4]);
      assert.ok(await projects.remove(project.id, kept[5]));
      await apis.create(api, kept[6]);
      assert.ok(await apis.update({ ...api, version: 2 }, kept[7]));
      assert.ok(await apis.remove(api.identifier, kept[8]));
      await groups.create(group, kept[9]);
      assert.ok(await groups.update({ ...group, version: 2 }, kept[10]));
      assert.ok(await groups.remove(group.name, kept[11]));
      assert.ok(await documents.compareAndSet('keys', 0, {}, kept.slice(12, 14)));
      assert.ok(await documents.compareAndSet('keys', 1, {}, kept.slice(14, 15)));
      assert.ok(await documents.compareAndSet('keys', 2, {}));
      assert.ok(await documents.compareAndSet('others', 0, {}, kept.slice(15, 19)));
      await authenticators.create(ways, kept[19]);
      assert.ok(await authenticators.update({ ...ways, version: 2 }, kept[20]));
      const lost = () => about('client', client.clientId);
      assert.equal(await groups.update({ ...group, version: 3 }, lost()), false);
      assert.equal(await groups.remove(group.name, lost()), false);
      assert.equal(await documents.compareAndSet('keys', 1, {}, [lost()]), false);
      assert.equal(await documents.compareAndSet('keys', 0, {}, [lost()]), false);
      assert.equal(await clients.update({ ...client, version: 3 }, lost()), false);
      assert.equal(await users.update({ ...user, version: 9 }, lost()), false);
      assert.equal(await apiKeys.update({ ...key, version: 9 }, lost()), false);
      assert.equal(await projects.remove(project.id, lost()), false);
      assert.equal(await apis.update({ ...api, version: 3 }, lost()), false);
      assert.equal(await apis.remove(api.identifier, lost()), false);
      await assert.rejects(clients.create(client, lost()));
      await assert.rejects(users.create(user, lost()));

      const left = (before: number) => audit.unsettled({ before, limit: 40 });
      assert.deepEqual(await left(now + 99), kept);
      assert.deepEqual(await left(now + 3), kept.slice(0, 2));
      assert.deepEqual(await audit.unsettled({ before: now + 99, limit: 2 }), kept.slice(0, 2));
      for (const event of kept) await audit.settle(event);
      await audit.settle(lost());
      assert.deepEqual(await left(now + 99), []);
      assert.equal((await clients.find(client.clientId))?.version, 3);
    });
  });
}
