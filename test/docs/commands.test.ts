/** The commands that pages show do what the pages say. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Block, blocks, notesOf, placeOf } from './pages.ts';
import { scenes } from './scenes.ts';
import { shapeDifferences } from './shapes.ts';

/** What is typed where a command asks for a password. */
const input = 'seven words that nobody else would think of';

describe('Commands in the documentation', { concurrency: true }, () => {
  for (const [name, start] of Object.entries(scenes)) {
    const typed = blocks.filter((block) => notesOf(block, 'run').includes(name));
    test(`The commands of ${pagesOf(typed)} (${name}) run as written and print what the page shows`, async (t) => {
      const scene = await start();
      t.after(() => scene.close());
      const printed = await scene.reader.type(typed, input);
      for (const block of typed) {
        const output = printed.get(placeOf(block)) ?? '';
        for (const shown of notesOf(block, 'shows')) {
          assert.ok(output.includes(shown), `${placeOf(block)} shows no ${shown}:\n${output}`);
        }
        const answer = blocks[blocks.indexOf(block) + 1];
        if (!isAnswer(answer) || answer.page !== block.page) continue;
        assert.deepEqual(
          shapeDifferences(JSON.parse(answer.text), JSON.parse(output)),
          [],
          placeOf(answer),
        );
      }
    });
  }
});

function isAnswer(block: Block | undefined): block is Block {
  return block?.language === 'json';
}

function pagesOf(typed: readonly Block[]): string {
  return [...new Set(typed.map(({ page }) => page))].join(' and ');
}
