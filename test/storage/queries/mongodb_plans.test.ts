/** No command to MongoDB looks at more records than it answers, as far as the indexes decide that. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type CommandStartedEvent, MongoClient } from 'mongodb';
import { openStore } from '../../../src/storage/open.ts';
import { onMongo } from '../../support/stores.ts';
import { type Command, flawOf, type Index } from './mongodb_plans.ts';
import { runEveryOperation } from './operations.ts';

/** Left as they are, and why. */
const exceptions = [
  {
    ...{ collection: 'api_keys', field: 'revoked_at' },
    because: 'a key that was revoked has ended, so none of them ends later than now',
  },
  {
    ...{ collection: 'schema', field: undefined },
    because: 'it has one record',
  },
];

await onMongo((stores) => {
  describe('Index use of MongoDB commands', () => {
    const commands: Command[] = [];
    const indexes = new Map<string, Index[]>();
    const { connect } = MongoClient.prototype;

    before(async () => {
      MongoClient.prototype.connect = function watched() {
        Object.assign(this, { monitorCommands: true });
        this.on('commandStarted', (event) => commands.push(...commandsOf(event)));
        return connect.call(this);
      };
      const url = await stores.freshUrl();
      const store = await openStore({ url });
      await runEveryOperation(store);
      await store.close();
      MongoClient.prototype.connect = connect;
      const client = new MongoClient(url);
      for (const collection of await client.db().collections()) {
        indexes.set(collection.collectionName, (await collection.indexes()) as Index[]);
      }
      await client.close();
    });
    after(() => {
      MongoClient.prototype.connect = connect;
    });

    test('Each MongoDB command is served by an index for its filter and order', () => {
      const seen = new Map(commands.map((command) => [JSON.stringify(shapeOf(command)), command]));
      // As many as there were when this was written: none has gone past the watch.
      assert.ok(seen.size >= 130, `${seen.size} commands`);
      const flaws = [...seen.values()].flatMap((command) => {
        const flaw = flawOf(command, indexes.get(command.collection) ?? []);
        return flaw === undefined || isExpected(command) ? [] : [{ ...command, flaw }];
      });
      assert.deepEqual(flaws, []);
    });

    test('A MongoDB command without an index for its filter or its order is detected', () => {
      const artifacts = indexes.get('artifacts') ?? [];
      const flaw = (filter: object, sort = {}, isBounded = true) =>
        flawOf(
          { collection: 'artifacts', filter: filter as Command['filter'], sort, isBounded },
          artifacts,
        ) !== undefined;
      assert.equal(flaw({ kind: 'Session', session_uid: { $eq: 's' } }, { created: -1 }), false);
      assert.equal(flaw({ kind: 'Grant', session_uid: { $eq: 's' } }, { created: -1 }), true);
      assert.equal(flaw({ family_id: { $eq: 'f' } }), false);
      assert.equal(flaw({ family_id: { $eq: 'f' } }, {}, false), true);
      assert.equal(flaw({ family_id: { $eq: 'f' } }, { created: -1 }), true);
      assert.equal(flaw({ family_id: { $eq: 'f' }, kind: 'Grant' }), true);
      assert.equal(flaw({}), true);
    });
  });
});

function isExpected({ collection, filter }: Command): boolean {
  return exceptions.some(
    (known) =>
      known.collection === collection && (known.field === undefined || known.field in filter),
  );
}

/** Without the values: what is asked for. */
function shapeOf({ collection, filter, sort }: Command) {
  const conditions = Object.entries(filter).map(([name, condition]) =>
    typeof condition === 'object' ? [name, Object.keys(condition ?? {})] : [name],
  );
  return [collection, conditions, sort];
}

type Change = { q: Command['filter']; limit?: number; multi?: boolean };

function commandsOf({ commandName, command }: CommandStartedEvent): Command[] {
  const of = (filter: Command['filter'], sort: Command['sort'], isBounded: boolean) => ({
    ...{ collection: String(command[commandName]), filter, sort, isBounded },
  });
  const changes = [...(command.updates ?? []), ...(command.deletes ?? [])] as Change[];
  if (changes.length > 0) {
    return changes.map(({ q, limit, multi }) => of(q, {}, limit !== 0 && multi !== true));
  }
  if (commandName === 'find') {
    return [of(command.filter, asObject(command.sort), command.limit !== undefined)];
  }
  if (commandName === 'aggregate') {
    const stages = command.pipeline as { $match?: Command['filter']; $limit?: number }[];
    return [
      of(
        stages[0]?.$match ?? {},
        {},
        stages.some(({ $limit }) => $limit !== undefined),
      ),
    ];
  }
  return commandName === 'findAndModify' ? [of(command.query, {}, true)] : [];
}

/** The driver sends an order as a Map. */
function asObject(sort: unknown): Record<string, number> {
  return Object.fromEntries(sort instanceof Map ? sort : Object.entries(sort ?? {}));
}
