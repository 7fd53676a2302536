/** The code that docs/integrations shows is the code that the tests beside this run. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../docs/integrations/', import.meta.url));
const pages = globSync('verify-*.md', { cwd: folder });
const examples = globSync('examples/**/*.{py,txt,go,mod,java,xml,sh}', {
  cwd: folder,
  exclude: ['**/target/**', '**/venv/**'],
});

/** Code blocks that follow a link to their file, as [file, code]. */
function shownCode(page: string): [string, string][] {
  const text = readFileSync(join(folder, page), 'utf8');
  const blocks = text.matchAll(/\]\((examples\/[^)]+)\):\n\n```\w+\n([\s\S]*?)^```$/gm);
  return [...blocks].map(([, file = '', code = '']) => [file, code]);
}

const shown = pages.flatMap(shownCode);

for (const [file, code] of shown) {
  test(`the page that shows ${file} shows it as it is`, () => {
    assert.equal(code, readFileSync(join(folder, file), 'utf8'));
  });
}

test('every example is shown', () => {
  assert.deepEqual(shown.map(([file]) => file).sort(), examples.sort());
});
