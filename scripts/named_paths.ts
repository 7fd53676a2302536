/**
 * Finds what imports do not show: a file of the program that names, in a text or a comment, a file of a folder that
 * the container image does not have.
 */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const namedPath = /(?<![\w./-])(?:\.{1,2}\/)*((?:harness|scripts|test)\/[\w./*-]*)/g;

/** `src/config/load.ts:12 names scripts/x.yaml`, one for each. `root`: the project's folder. */
export function findNamedPaths(root: string): string[] {
  const isBuilt = (path: string) => path.includes(join('verifier', 'dist'));
  return globSync('{bin,src}/**/*.{js,ts}', { cwd: root, exclude: isBuilt }).flatMap((file) =>
    readFileSync(join(root, file), 'utf8')
      .split('\n')
      .flatMap((line, index) =>
        [...line.matchAll(namedPath)]
          .map(([, path = '']) => path)
          // The pages have scripts of their own.
          .filter((path) => !existsSync(join(root, 'views', path)))
          .map((path) => `${file}:${index + 1} names ${path}`),
      ),
  );
}
