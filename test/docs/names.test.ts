/** What sentences and commands name is in the program: commands and their options, variables, scripts, files. */
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { Command } from 'commander';
import { buildProgram } from '../../src/cli/program.ts';
import { variableNames } from '../../src/config/environment.ts';
import { type Piece, pages, root } from './pages.ts';

/** Code in sentences, and each line of the shell's blocks. The changelog tells of what once was. */
const pieces = pages
  .filter(({ path }) => path !== 'CHANGELOG.md')
  .flatMap(({ path, codes, blocks }) => {
    const lines = blocks
      .filter(({ language, shownFile }) => language === 'sh' && !shownFile)
      .flatMap(({ text, line }) =>
        text
          .replaceAll('\\\n', ' ')
          .split('\n')
          .map((code) => ({ text: code, line })),
      );
    return [...codes, ...lines].map((piece) => ({ ...piece, page: path }));
  });

type PlacedPiece = Piece & { page: string };

function report(wrong: { piece: PlacedPiece; what: string }[]): string[] {
  return [...new Set(wrong.map(({ piece, what }) => `${piece.page}:${piece.line} ${what}`))];
}

test('Every command that the documentation mentions exists, with its options', async () => {
  const groups = (await buildProgram([])).commands.map((command) => command.name());
  const group = groups.join('|');
  const calls = new RegExp(
    `(?:(?:^|[ (/])cardea(?:\\.js)? |^)((?:${group})(?![\\w.(-])[^|#;)]*)`,
    'g',
  );
  const wrong: { piece: PlacedPiece; what: string }[] = [];
  for (const piece of pieces) {
    for (const [whole, call = ''] of piece.text.matchAll(calls)) {
      // Alone, the name of a group is also a word, or a section of the file.
      if (!whole.includes('cardea') && !call.includes(' ')) continue;
      const problem = await mistakeIn(call);
      if (problem) wrong.push({ piece, what: problem });
    }
    const [, name] = /(?:^|[ (/])cardea ([a-z][a-z-]+)/.exec(piece.text) ?? [];
    if (name && !groups.includes(name)) wrong.push({ piece, what: `cardea ${name}` });
  }
  assert.deepEqual(report(wrong), []);
});

/** What of this command line there is not; undefined: all of it is there. */
async function mistakeIn(call: string): Promise<string | undefined> {
  const words = call.trim().split(/\s+/);
  const known = new Set<string | undefined>();
  let command: Command | undefined = await buildProgram(words);
  for (const word of words) {
    const inner: Command | undefined = command.commands.find((one) => one.name() === word);
    // A group without an action of its own takes nothing but its commands.
    if (!inner && command.commands.length > 0 && /^[a-z]/.test(word)) return `${call}: no ${word}`;
    if (!inner) break;
    command = inner;
  }
  const isGroup = command.commands.length > 0 && command.name() === words.at(-1);
  if (isGroup) return `${call}: needs one of its commands`;
  for (const option of command.options) known.add(option.long);
  return words
    .filter((word) => word.startsWith('--'))
    .map((word) => word.split('=')[0])
    .filter((word) => !known.has(word))
    .map((word) => `${call}: no ${word}`)[0];
}

test('Every variable that the documentation mentions exists', () => {
  const known = new Set<string>(variableNames.flatMap((name) => [name, `${name}_FILE`]));
  const wrong = pieces.flatMap((piece) =>
    [...piece.text.matchAll(/\bCARDEA_[A-Z_]+\b/g)]
      .filter(([name]) => !known.has(name))
      .map(([name]) => ({ piece, what: name })),
  );
  assert.deepEqual(report(wrong), []);
});

test('Every script and project file that the documentation mentions exists', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const wrong = pieces.flatMap((piece) => {
    const [, script] = /^npm run ([\w:-]+)/.exec(piece.text) ?? [];
    const [path] =
      /^(src|test|bin|demo|harness|scripts|deploy|docs|views)\/[\w./*-]*/.exec(piece.text) ?? [];
    const missing = [
      script !== undefined && !Object.hasOwn(scripts, script),
      path !== undefined && !isThere(path) && !isThere(join(dirname(piece.page), path)),
    ];
    return missing.includes(true) ? [{ piece, what: piece.text }] : [];
  });
  assert.deepEqual(report(wrong), []);
});

function isThere(path: string): boolean {
  return path.includes('*')
    ? globSync(path, { cwd: root }).length > 0
    : existsSync(join(root, path));
}
