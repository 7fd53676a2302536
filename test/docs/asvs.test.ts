/** docs/security/asvs.md: every requirement has its row, and every test that a row names is there. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pages, root } from './pages.ts';

/** How many requirements each section of ASVS 5.0 has. */
const sections = {
  ...{ '6.1': 3, '6.2': 12, '6.3': 8, '6.4': 6, '6.5': 8, '6.6': 4, '6.7': 2, '6.8': 4 },
  ...{ '7.1': 3, '7.2': 4, '7.3': 2, '7.4': 5, '7.5': 3, '7.6': 2 },
};
const page = pages.find(({ path }) => path === 'docs/security/asvs.md');
const rows = page?.tables.flatMap((table) => table.rows) ?? [];

test('Each requirement of ASVS V6 and V7 has one row, which says whether it is met', () => {
  const expected = Object.entries(sections).flatMap(([section, count]) =>
    Array.from({ length: count }, (_, index) => `${section}.${index + 1}`),
  );
  assert.deepEqual(
    rows.map(([id]) => id),
    expected,
  );
  for (const [id, , state = '', how = ''] of rows) {
    assert.match(state, /^(met|not met|not applicable)$/, id);
    assert.ok(how, id);
  }
});

test('Each test that the table names exists under its name', () => {
  const named = rows.flatMap(([id, , , how = '']) =>
    [...how.matchAll(/\((?:\.\.\/){2}(test\/[^)]+)\): ([^;)]+)/g)].map(
      ([, path = '', name = '']) => [id, path, name],
    ),
  );
  assert.ok(named.length > 40);
  for (const [id, path = '', name = ''] of named) {
    const source = readFileSync(join(root, path), 'utf8').replaceAll('\\', '');
    assert.ok(source.includes(name.trim()), `${id}: ${path} has no test ${name}`);
  }
});
