/**
 * Writes what follows from the program: docs/configuration.md, and the generated parts of other pages. With --check
 * it writes nothing, and fails when a file is not what it would write.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { renderConfigurationDocs } from './docs/configuration.ts';
import { withGeneratedParts } from './docs/generated_parts.ts';

/** From what a file holds (nothing where there is none) to what it should. */
const files: Readonly<Record<string, (current: string) => string>> = {
  'docs/configuration.md': renderConfigurationDocs,
  'docs/operations.md': withGeneratedParts,
};

const isCheck = process.argv.includes('--check');
for (const [path, render] of Object.entries(files)) {
  const file = new URL(`../${path}`, import.meta.url);
  const current = await readFile(file, 'utf8').catch(() => '');
  const wanted = render(current);
  if (current === wanted) continue;
  if (!isCheck) await writeFile(file, wanted);
  else {
    console.error(`${path} is not current: run npm run docs.`);
    process.exitCode = 1;
  }
}
