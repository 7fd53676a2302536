/** No block of code stands in the documentation untested, unless it says why. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Block, blocks, notesOf, placeOf } from './pages.ts';
import { scenes } from './scenes.ts';

const notes = new Set(['run', 'before', 'after', 'shows', 'not run']);

/** What tests it; undefined: nothing. */
function testOf(block: Block): string | undefined {
  if (block.shownFile) return 'test/integrations/documents.test.ts';
  if (notesOf(block, 'not run').length > 0) return 'a reason';
  if (block.language === 'yaml') return 'configurations.test.ts';
  if (block.language === 'ts') return 'typescript.test.ts';
  const question = blocks[blocks.indexOf(block) - 1];
  const asked = block.language === 'json' && question?.page === block.page ? question : block;
  const [scene = ''] = notesOf(asked, 'run');
  return asked.language === 'sh' && Object.hasOwn(scenes, scene) ? 'commands.test.ts' : undefined;
}

test('Every code block in the documentation is tested or preceded by a comment that says why not', () => {
  const untested = blocks.filter((block) => testOf(block) === undefined);
  assert.deepEqual(untested.map(placeOf), []);
});

test('Every comment before a code block has a form that the tests understand', () => {
  const strange = blocks.flatMap((block) =>
    block.notes
      .filter(({ note }) => !notes.has(note))
      .map(({ note }) => `${placeOf(block)} ${note}`),
  );
  assert.deepEqual(strange, []);
});
