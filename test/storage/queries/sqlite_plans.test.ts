/** No statement on SQLite looks at more records than it answers. */
import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, test } from 'node:test';
import { openStore } from '../../../src/storage/open.ts';
import { routineStatements } from '../../../src/storage/sqlite/routine_statements.ts';
import { onSqlite } from '../../support/stores.ts';
import { runEveryOperation } from './operations.ts';
import { flawsOf } from './sqlite_plans.ts';

/** Left as they are, and why. */
const exceptions = [
  {
    sql: /FROM api_keys WHERE ends_at > :from/,
    flaw: 'no index has revoked_at',
    because: 'a key that was revoked has ended, so none of them ends later than now',
  },
  {
    sql: /^DELETE FROM (api_names WHERE identifier|authenticator_keys WHERE user_id) = :(id|value)$/,
    flaw: 'answers any number of records',
    because: 'the names of one record are as many as it lists',
  },
];

const control = /^(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|PRAGMA)/;

onSqlite((stores) => {
  describe('Index use of SQLite statements', () => {
    const statements = new Set<string>();
    let database: DatabaseSync;
    const { prepare } = DatabaseSync.prototype;

    before(async () => {
      DatabaseSync.prototype.prepare = function watched(sql, ...rest) {
        statements.add(sql);
        return prepare.call(this, sql, ...rest);
      };
      const url = await stores.freshUrl();
      const store = await openStore({ url });
      await runEveryOperation(store);
      await store.close();
      DatabaseSync.prototype.prepare = prepare;
      // These are run in a thread, where nobody watches.
      for (const sql of Object.values(routineStatements)) statements.add(sql);
      database = new DatabaseSync(url.slice('sqlite:'.length), { readOnly: true });
    });
    after(() => {
      DatabaseSync.prototype.prepare = prepare;
      database.close();
    });

    test('Each SQLite statement is served by an index for its filter and order', () => {
      const queries = [...statements].filter((sql) => !control.test(sql) && !isOfSchema(sql));
      // As many as there were when this was written: none has gone past the watch.
      assert.ok(queries.length >= 90, `${queries.length} statements`);
      const flaws = queries.flatMap((sql) => flawsOf(database, sql));
      const unexpected = flaws.filter(
        ({ sql, flaw }) => !exceptions.some((known) => known.sql.test(sql) && known.flaw === flaw),
      );
      assert.deepEqual(unexpected, []);
      // An exception that nothing needs any more goes.
      for (const known of exceptions) assert.ok(flaws.some(({ sql }) => known.sql.test(sql)));
    });

    test('A SQLite statement with a scan, a sort or an unindexed condition is detected', () => {
      const flawsIn = (sql: string) => flawsOf(database, sql).map(({ flaw }) => flaw);
      assert.deepEqual(flawsIn('SELECT * FROM artifacts'), ['SCAN artifacts']);
      assert.deepEqual(flawsIn('SELECT * FROM artifacts WHERE payload = :p LIMIT 1'), [
        'no index has payload',
      ]);
      assert.deepEqual(
        flawsIn('SELECT * FROM artifacts WHERE family_id = :f ORDER BY id LIMIT 1'),
        ['USE TEMP B-TREE FOR ORDER BY'],
      );
      assert.deepEqual(
        flawsIn(`SELECT * FROM artifacts WHERE family_id = :f AND kind = 'Grant' LIMIT 1`),
        ['no index has kind'],
      );
      assert.deepEqual(flawsIn('DELETE FROM artifacts WHERE family_id = :f'), [
        'answers any number of records',
      ]);
      assert.deepEqual(flawsIn('SELECT * FROM users WHERE id = :id AND version = :v'), []);
    });
  });
});

/** SQLite's own table of what there is, which is as small as the schema. */
function isOfSchema(sql: string): boolean {
  return sql.includes('sqlite_schema') || sql.startsWith('EXPLAIN');
}
