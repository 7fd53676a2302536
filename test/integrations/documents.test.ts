/** The code that docs/integrations shows is the code that the tests beside this run. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { blocks } from '../docs/pages.ts';

const folder = fileURLToPath(new URL('../../docs/integrations/', import.meta.url));
const examples = globSync('examples/**/*.{py,txt,go,mod,java,xml,sh}', {
  cwd: folder,
  exclude: ['**/target/**', '**/venv/**'],
});

const shown = blocks.flatMap(({ shownFile, text }): [string, string][] =>
  shownFile ? [[shownFile, text]] : [],
);

for (const [file, code] of shown) {
  test(`The documentation page that shows ${file} matches the file`, () => {
    assert.equal(code, readFileSync(join(folder, file), 'utf8'));
  });
}

test('Every example file is shown on a page', () => {
  const ofExamples = shown.map(([file]) => file).filter((file) => file.startsWith('examples/'));
  assert.deepEqual(ofExamples.sort(), examples.sort());
});
