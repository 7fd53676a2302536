/** Programs of PyPI, each in an environment of its own. */
import { join } from 'node:path';
import { type CommandLine, run } from '../processes.ts';
import type { Place } from '../program.ts';

/** Installs requirements.txt into `venv`. */
export async function installPackages({ folder }: Pick<Place, 'folder'>): Promise<void> {
  await run('python3', ['-m', 'venv', 'venv'], { folder });
  const words = ['-m', 'pip', 'install', '--quiet', '--requirement', 'requirements.txt'];
  await run(pythonOf(folder), words, { folder });
}

/** Words for a command line that runs there: `pythonCommand(place, 'app.py')`. */
export function pythonCommand({ folder }: Pick<Place, 'folder'>, ...words: string[]): CommandLine {
  return [pythonOf(folder), ...words];
}

function pythonOf(folder: string): string {
  return join(folder, 'venv', 'bin', 'python');
}

/**
 * For a Django project named `shop`; makes its database first, as the person of each run is another. Needs
 * DJANGO_SETTINGS_MODULE.
 */
export function djangoCommand(place: Place): CommandLine {
  const manage = `"${pythonOf(place.folder)}" -m django`;
  const migrate = `rm -f db.sqlite3 && ${manage} migrate --run-syncdb --verbosity 0`;
  const commands = `${migrate} && exec ${manage} runserver --noreload ${place.port}`;
  return ['sh', '-c', commands];
}

export const djangoSettings = () => ({ DJANGO_SETTINGS_MODULE: 'shop.settings' });
