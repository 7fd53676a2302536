/**
 * Writes what follows from the program: docs/configuration.md, the generated parts of other pages, and the JSON Schema. With --check
 * it writes nothing, and fails when a file is not what it would write.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { declarationJsonSchema } from '../src/config/json_schema.ts';
import { renderConfigurationDocs } from './docs/configuration.ts';
import { withGeneratedParts } from './docs/generated_parts.ts';
import { renderOpenApi } from './docs/openapi.ts';
import { renderGuideDocs } from './docs/which_credential.ts';

/** From what a file holds (nothing where there is none) to what it should. */
const files: Readonly<Record<string, (current: string) => string>> = {
  'docs/audit-events.md': withGeneratedParts,
  'docs/configuration.md': renderConfigurationDocs,
  'docs/integrations/compatibility.md': withGeneratedParts,
  'docs/monitoring.md': withGeneratedParts,
  'docs/operations.md': withGeneratedParts,
  'docs/operators.md': withGeneratedParts,
  'docs/which-credential.md': renderGuideDocs,
  'docs/troubleshooting.md': withGeneratedParts,
  'src/admin/openapi.json': renderOpenApi,
  'deploy/cardea.schema.json': () => `${JSON.stringify(declarationJsonSchema(), undefined, 2)}\n`,
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
