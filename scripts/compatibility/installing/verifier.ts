/** `@cardea/verifier` for the APIs of programs here: packed from this checkout, as its readers install it. */
import { fileURLToPath } from 'node:url';
import { run } from '../processes.ts';

const project = fileURLToPath(new URL('../../../', import.meta.url));

/** Installs it beside what the folder's package.json names. */
export async function installVerifier(folder: string): Promise<void> {
  const words = ['pack', '--workspace', 'src/verifier', '--json', '--pack-destination', folder];
  const packed = await run('npm', words, { folder: project });
  const [, file] = /"filename": "([^"]+)"/.exec(packed) ?? [];
  await run('npm', ['install', '--no-save', '--no-audit', '--no-fund', `./${file}`], { folder });
}
