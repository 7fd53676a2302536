/**
 * What came of each program when it was last tried: `result.json` in its folder, so that who tries a few keeps the
 * results of the others. docs/integrations/compatibility.md shows them as a table (`npm run docs`).
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { table } from '../docs/markdown_table.ts';
import type { Program } from './program.ts';

export const programsFolder = fileURLToPath(new URL('./programs/', import.meta.url));

/** `works`: it did what it is for. `result`: what was seen, or why not. `tried`: the day, as `2026-11-30`. */
export type Result = Pick<Program, 'name' | 'registry' | 'version' | 'flow' | 'settings'> & {
  works: boolean;
  result: string;
  tried: string;
};

const resultFile = (folder: string) => `${programsFolder}${folder}/result.json`;

export function writeResult(folder: string, result: Result): void {
  writeFileSync(resultFile(folder), `${JSON.stringify(result, null, 2)}\n`);
}

/** Every result on record, as a Markdown table whose links are relative to docs/integrations. */
export function recordedTable(): string {
  const recorded = globSync('*/result.json', { cwd: programsFolder })
    .map((path): [string, Result] => [
      dirname(path),
      JSON.parse(readFileSync(`${programsFolder}${path}`, 'utf8')),
    ])
    .sort(([, one], [, other]) => one.name.localeCompare(other.name, 'en'));
  return table(
    ['Program', 'Version', 'From', 'Flow', 'What had to be set', 'Result', 'Tried'],
    recorded.map(([folder, { name, version, registry, flow, settings, works, result, tried }]) => [
      `[${name}](../../scripts/compatibility/programs/${folder}/)`,
      version,
      registry,
      flow,
      settings || 'nothing',
      `${works ? '' : '**fails:** '}${result}`,
      tried,
    ]),
  );
}
