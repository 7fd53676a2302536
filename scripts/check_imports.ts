/**
 * Checks the import rules on copies of the code in JavaScript: one in which an import of types is an import like any
 * other, and one without types, as the program runs. Then, that the program names no file outside of it either.
 */
import { globSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cruise, type IForbiddenRuleType } from 'dependency-cruiser';
import { importRules, runtimeRules } from './import_rules.ts';
import { findNamedPaths } from './named_paths.ts';

const root = fileURLToPath(new URL('../', import.meta.url));
const folders = ['src', 'demo', 'harness', 'scripts'];

const results = [
  await check({ rules: importRules, prepare: typeImportsAsImports }),
  await check({ rules: runtimeRules, prepare: (code) => code }),
];
const namedPaths = findNamedPaths(root);
for (const place of namedPaths) process.stderr.write(`${place}, which the program may not need\n`);
process.exitCode = results.every(Boolean) && namedPaths.length === 0 ? 0 : 1;

/** Whether all rules hold; prints what breaks them. */
async function check({
  rules,
  prepare,
}: {
  rules: IForbiddenRuleType[];
  prepare: (code: string) => string;
}): Promise<boolean> {
  // Within the project, so that packages resolve from it as from src/.
  const copy = await mkdtemp(join(root, '.imports-'));
  try {
    // What the verifier's package is built into is no source.
    const isBuilt = (path: string) => path.includes(join('verifier', 'dist'));
    // Browsers run some of src/ as it is.
    const sources = [...folders.map((folder) => `${folder}/**/*.ts`), 'src/**/*.js'];
    for (const file of globSync(sources, { cwd: root, exclude: isBuilt })) {
      const source = prepare(await readFile(join(root, file), 'utf8'));
      const target = join(copy, file.replace(/\.ts$/, '.js'));
      await mkdir(dirname(target), { recursive: true });
      const code = stripTypeScriptTypes(source);
      await writeFile(target, code.replaceAll(/(['"])(\.{1,2}\/[^'"]+)\.ts\1/g, '$1$2.js$1'));
    }
    const { output, exitCode } = await cruise(folders, {
      baseDir: copy,
      doNotFollow: { path: 'node_modules' },
      enhancedResolveOptions: {
        exportsFields: ['exports'],
        conditionNames: ['import', 'node', 'default'],
      },
      validate: true,
      ruleSet: { forbidden: rules },
      outputType: 'err',
    });
    process.stdout.write(`${output}\n`);
    return exitCode === 0;
  } finally {
    await rm(copy, { recursive: true });
  }
}

/** `import type { A }` and `import { type A }` become `import { A }`; so do exports. */
function typeImportsAsImports(code: string): string {
  return code.replaceAll(
    /^(import|export) (?:type )?(\{[^}]*\}) from/gm,
    (_, word: string, names: string) => `${word} ${names.replaceAll(/\btype /g, '')} from`,
  );
}
