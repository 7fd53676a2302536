/** The configurations of docs/integrations/gateways, as programs here are started with them. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const gateways = new URL('../../../docs/integrations/gateways/', import.meta.url);

/**
 * Writes the guide's file with what is this machine's, `changes` as [what is there, what is to be there], and returns its
 * path.
 * @throws where the file lacks one of them
 */
export function writeGuideFile(folder: string, name: string, changes: [string, string][]): string {
  const text = changes.reduce(
    (all, [from, to]) => {
      if (!all.includes(from)) throw new Error(`${name} lacks ${from}`);
      return all.replaceAll(from, to);
    },
    readFileSync(new URL(name, gateways), 'utf8'),
  );
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}
