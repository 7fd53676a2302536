/**
 * Checks the import rules on the program as it runs: on a copy of src/ without types, because a type that
 * one room takes from another couples nothing at run time.
 */
import { globSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cruise } from 'dependency-cruiser';
import { importRules } from './import_rules.ts';

const root = fileURLToPath(new URL('../', import.meta.url));
/** Within the project, so that packages resolve from it as from src/. */
const copy = await mkdtemp(join(root, '.imports-'));

try {
  // What the verifier's package is built into is no source.
  const isBuilt = (path: string) => path.includes(join('verifier', 'dist'));
  for (const file of globSync('src/**/*.ts', { cwd: root, exclude: isBuilt })) {
    const code = stripTypeScriptTypes(await readFile(join(root, file), 'utf8'));
    const target = join(copy, file.replace(/\.ts$/, '.js'));
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, code.replaceAll(/(['"])(\.{1,2}\/[^'"]+)\.ts\1/g, '$1$2.js$1'));
  }
  const { output, exitCode } = await cruise(['src'], {
    baseDir: copy,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
    },
    validate: true,
    ruleSet: { forbidden: importRules },
    outputType: 'err',
  });
  process.stdout.write(`${output}\n`);
  process.exitCode = exitCode === 0 ? 0 : 1;
} finally {
  await rm(copy, { recursive: true });
}
