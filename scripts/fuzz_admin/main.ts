/**
 * Runs schemathesis over the whole admin API, from its OpenAPI description: `npm run fuzz:admin`, with
 * `-- --store mongodb` on MongoDB, `-- --seconds 1200` for longer than ten minutes, and what follows another `--` for
 * schemathesis itself, such as `-- -- --phases coverage`. Needs Python; schemathesis comes from PyPI, once per version.
 * Cardea's log stays in the folder that it prints where the run fails.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { sha256 } from '../../src/digests.ts';
import { installPackages, pythonCommand } from '../compatibility/installing/python.ts';
import { startTarget } from './target.ts';

const { values, positionals } = parseArgs({
  options: {
    store: { type: 'string', default: 'sqlite' },
    seconds: { type: 'string', default: '600' },
  },
  allowPositionals: true,
});
const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));

const installation = await installOnce();

const folder = await mkdtemp(join(tmpdir(), 'cardea-fuzz-'));
const target = await startTarget({ engine: values.store, folder });
const [python, ...words] = pythonCommand(
  installation,
  ...['-m', 'schemathesis.cli', '--config-file', path('schemathesis.toml'), 'run'],
  ...[path('../../src/admin/openapi.json'), '--url', `${target.url}/admin/v1`],
  ...['--header', `Authorization: Bearer ${target.key}`, '--max-time', values.seconds],
  ...['--continue-on-failure', '--generation-database', 'none', ...positionals],
);
const fuzzing = spawn(python, words, {
  // What it leaves there goes with the folder.
  ...{ cwd: folder, stdio: 'inherit' },
  env: {
    ...process.env,
    SCHEMATHESIS_HOOKS: path('hooks.py'),
    PYTHONDONTWRITEBYTECODE: '1',
    FUZZ_ADMIN_OWN: JSON.stringify(target.own),
  },
});
const [code] = await once(fuzzing, 'exit');
// Without it, whatever came after its end has tested nothing but 401.
const isAlive = await target.keyWorks();
if (!isAlive) console.error('FAILED: the run has ended its own key, or its user.');
const hasPassed = code === 0 && isAlive;
const log = target.log();
await target.close();
if (hasPassed) {
  await rm(folder, { recursive: true });
} else {
  await writeFile(join(folder, 'cardea.log'), log);
  console.error(`What Cardea logged is in ${folder}/cardea.log.`);
}
process.exit(hasPassed ? 0 : 1);

/** The folder of what requirements.txt names; a changed list is another folder. */
async function installOnce(): Promise<{ folder: string }> {
  const requirements = await readFile(path('requirements.txt'), 'utf8');
  const folder = path(`../../node_modules/.cache/cardea-schemathesis/${sha256(requirements)}`);
  const complete = join(folder, 'complete');
  if (existsSync(complete)) return { folder };
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'requirements.txt'), requirements);
  await installPackages({ folder });
  await writeFile(complete, '');
  return { folder };
}
