/** docs/integrations/verify-in-python.md */
import { join } from 'node:path';
import { run } from './programs.ts';
import { recipeSuite } from './recipe_suite.ts';

await recipeSuite({
  language: 'python',
  async prepare(folder) {
    await run('python3', ['-m', 'venv', 'venv'], { folder, mayFail: true });
    const python = join(folder, 'venv', 'bin', 'python');
    const install = ['-m', 'pip', 'install', '--quiet', '--no-cache-dir', '--retries', '1'];
    await run(python, [...install, '-r', 'requirements.txt'], { folder, mayFail: true });
    return [python, 'api.py'];
  },
});
